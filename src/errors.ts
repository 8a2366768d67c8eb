import { messageLine } from "./foreignText.js";
import { type NamedOption, type NamingText, type OptionWords, optionsIn, programText, textIn } from "./optionNames.js";

/** Exit codes of the command line; an error carries the one that it leads to. */
export const EXIT = { ok: 0, jobFailed: 1, badInput: 2, cancelled: 3, timedOut: 4, bug: 70 } as const;

/** Base of every error that Rowmill throws on purpose: `code` never changes, `message` is one line that says
 *  what was wrong, with what, and what to do next. What it quotes may be anything, so it is made visible and cut here. It says
 *  options as a program writes them, and has them as data for a door that has other words. */
export class RowmillError extends Error {
  readonly code: string;
  readonly exitCode: number;
  readonly #message: string | NamingText;
  constructor(code: string, message: string | NamingText, options: { cause?: unknown; exitCode?: number } = {}) {
    super(messageLine(programText(message)), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RowmillError";
    this.code = code;
    this.#message = message;
    this.exitCode = options.exitCode ?? EXIT.badInput;
  }

  /** The options that the message names, in its order. */
  get options(): readonly NamedOption[] {
    return optionsIn(this.#message);
  }

  /** The message in the words of a door. */
  messageIn(words: OptionWords): string {
    return messageLine(textIn(words, this.#message));
  }
}

/** The input (options, files, columns, schema) can't be used as given: exit code 2, nothing was started. */
export class InputError extends RowmillError {
  constructor(code: string, message: string | NamingText, options: { cause?: unknown } = {}) {
    super(code, message, options);
    this.name = "InputError";
  }
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    // thrown on purpose: an object without a text of its own, or one whose text throws
    return "no message";
  }
}
