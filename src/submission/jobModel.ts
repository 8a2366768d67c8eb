import type { TokenPrice } from "../jobs/index.js";
import type { ModelRef } from "../modelRef.js";
import type { ChatFormat, ChatFrame, Reasoning } from "../prompt/index.js";

/** A model that a job names, wherever it runs, ready to be asked about rows. */
export interface JobModel {
  /** As the user named it. */
  readonly name: string;
  readonly ref: ModelRef;
  /** Arguments for the chat template, and text that the answer begins with, where the job says nothing. */
  readonly templateArguments: ChatFormat["templateArguments"];
  readonly answerPrefix: string | null;
  readonly pricePerMillionTokens: TokenPrice | null;
  /** How many weights it has; null where that is not known. */
  parameters(): Promise<number | null>;
  /** @throws {InputError} of a model that can't be used, or not with such a chat */
  openRuler(format: ChatFormat): Promise<RowRuler>;
}

/** What measures rows in a model's tokens. */
export interface RowRuler extends AsyncDisposable {
  /** Of prompt and output together; null where nobody knows. */
  readonly contextLength: number | null;
  /** Tokens are the model's own; otherwise they are guessed from the text's length. */
  readonly isExact: boolean;
  /** The chat around a row, null where another program makes it. */
  readonly frame: ChatFrame | null;
  readonly reasoning: Reasoning | null;
  tokenize(text: string): Uint32Array;
  /** @param maxTokens  that are left to the output */
  frameFor(maxTokens: number): RowSpace;
}

/** The room that a job's rows have. */
export interface RowSpace {
  /** Tokens before a row. */
  readonly prefixTokens: number;
  /** Tokens around a row. */
  readonly tokens: number;
  /** Tokens that a row may have; Infinity where nobody knows. */
  readonly capacity: number;
  tokenize(text: string): Uint32Array;
  /** @param row  as `tokenize` gives it
   *  @returns its beginning, as much as fits */
  cut(row: Uint32Array): Uint32Array;
}
