import type { SchemaCase } from "./collection.js";

/** What a grammar did with one schema's instances; the same for this project and its peers. */
export interface SchemaReplay {
  /** Why there is no grammar; null when there is one. */
  readonly compileError: string | null;
  /** From the schema's text to the first mask; NaN without a grammar. */
  readonly ttfmNs: number;
  /** The time of each mask, first sight of each state included; then of the same instances once more. */
  readonly coldNs: Float64Array;
  readonly warmNs: Float64Array;
  /** Where each instance ended: `ACCEPTED`, the index of the refused token, or the number of tokens when only the end of
   *  the text is refused. */
  readonly ends: readonly number[];
}

export const ACCEPTED = -1;
const NO_TIMES = new Float64Array();

export function withoutGrammar(compileError: string): SchemaReplay {
  return { compileError, ttfmNs: Number.NaN, coldNs: NO_TIMES, warmNs: NO_TIMES, ends: [] };
}

/** A case with its instances' tokens, made once and outside all timing. */
export interface TokenizedCase extends SchemaCase {
  readonly tokens: readonly Int32Array[];
}

export function tokenizeCases(cases: readonly SchemaCase[], tokenize: (text: string) => Uint32Array): TokenizedCase[] {
  return cases.map((one) => ({ ...one, tokens: one.instances.map(({ text }) => Int32Array.from(tokenize(text))) }));
}
