import type { ChatFrame } from "../../prompt/index.js";
import { fitRow } from "./fitRow.js";
import type { Tokenizer } from "./tokenEngine.js";

/** Token ids of what stands before and behind every row. */
export interface FrameTokens {
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
}

/** Prefix and suffix of a rendered chat as token ids, special tokens counting as such; the BOS token goes first where
 *  the model wants one that its template leaves out. */
export function tokenizeFrame(tokenizer: Tokenizer, frame: Pick<ChatFrame, "prefix" | "suffix">): FrameTokens {
  const { bosText, prependsBos } = tokenizer.facts;
  const needsBos = prependsBos && bosText !== null && !frame.prefix.startsWith(bosText);
  return {
    prefix: tokenizer.tokenizeTemplate(needsBos ? bosText + frame.prefix : frame.prefix),
    suffix: tokenizer.tokenizeTemplate(frame.suffix),
  };
}

/** A job's chat around a row, in a model's tokens, and the room that it leaves: the same where rows are counted and where they
 *  are run. */
export class RowFrame {
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
  /** Tokens that a row's text may have: what the model's context leaves to it. A slot is sized by the longest row that fits, and
   *  every row that fits the model fits it. */
  readonly capacity: number;
  readonly #tokenizer: Tokenizer;
  readonly #trimsRow: boolean;

  /** @param maxTokens most tokens of an output */
  constructor(tokenizer: Tokenizer, frame: ChatFrame, maxTokens: number) {
    const { prefix, suffix } = tokenizeFrame(tokenizer, frame);
    this.prefix = prefix;
    this.suffix = suffix;
    this.capacity = tokenizer.facts.contextLength - prefix.length - suffix.length - maxTokens;
    this.#tokenizer = tokenizer;
    this.#trimsRow = frame.trimsRow;
  }

  /** Tokens around a row. */
  get tokens(): number {
    return this.prefix.length + this.suffix.length;
  }

  /** Token ids of a row's text, long as it is. */
  tokenize(text: string): Uint32Array {
    return this.#tokenizer.tokenize(this.#trimsRow ? text.trim() : text);
  }

  /** @param row as `tokenize` gives it
   *  @returns its beginning, as much as fits
   *  @throws {RowTooLongError} when `truncate` is false and it does not fit */
  fit(row: Uint32Array, truncate: boolean): Uint32Array {
    return fitRow(row, this.capacity, truncate);
  }
}
