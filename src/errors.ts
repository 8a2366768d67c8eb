import { messageLine } from "./foreignText.js";

/** Exit codes of the command line; an error carries the one that it leads to. */
export const EXIT = { ok: 0, jobFailed: 1, badInput: 2, cancelled: 3, timedOut: 4, bug: 70 } as const;

/** Base of every error that Rowmill throws on purpose: `code` never changes, `message` is one line that says
 *  what was wrong, with what, and what to do next. What it quotes may be anything, so it is made visible and cut here. */
export class RowmillError extends Error {
  readonly code: string;
  readonly exitCode: number;
  constructor(code: string, message: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(messageLine(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RowmillError";
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.badInput;
  }
}

/** The input (options, files, columns, schema) can't be used as given: exit code 2, nothing was started. */
export class InputError extends RowmillError {
  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
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
