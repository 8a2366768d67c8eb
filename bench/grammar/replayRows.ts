import { openGrammar, type TokenBytes, type TokenGrammar, type Vocabulary } from "../../src/grammar/masks/index.js";

/** What the native grammar takes for the outputs of a job, row after row. Microseconds a token. */
export interface ReplayCost {
  /** All tokens, each row's end token included. */
  readonly tokens: number;
  /** Mask, check and acceptance in C++; of the first row, which meets every state first, and of the others. */
  readonly firstRowUs: number;
  readonly laterRowsUs: number;
  /** Tokens that need no sampling, and the outputs' tokens that the forced ones would replace by others. */
  readonly forced: number;
  readonly retokenized: number;
}

/** @param rows  each output's tokens with an end token behind them
 *  @throws {Error} an output that its own grammar refuses */
export function replayRows(
  tables: Uint32Array,
  vocabulary: Vocabulary,
  rows: readonly Int32Array[],
  tokenize: (text: Uint8Array) => Uint32Array,
): ReplayCost {
  const grammar = openGrammar(tables, vocabulary);
  const us = rows.map((row) => replayedUs(grammar, row));
  const lengths = rows.map(({ length }) => length);
  const later = sum(us.slice(1)) / Math.max(1, sum(lengths.slice(1)));
  const tokens = sum(lengths);
  let [forced, retokenized] = [0, 0];
  for (const row of rows) {
    const saved = countForced(grammar, row, tokenize);
    forced += saved.forced;
    retokenized += saved.retokenized;
  }
  return { tokens, firstRowUs: us[0]! / lengths[0]!, laterRowsUs: later, forced, retokenized };
}

/** The tokens of an output as the replay wants them. */
export function withEnd(tokens: Uint32Array, { endTokens }: TokenBytes): Int32Array {
  return Int32Array.from([...tokens, endTokens[0]!]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function replayedUs(grammar: TokenGrammar, row: Int32Array): number {
  const nanoseconds = new Float64Array(row.length);
  const start = process.hrtime.bigint();
  const end = grammar.replay(row, nanoseconds);
  const us = Number(process.hrtime.bigint() - start) / 1000;
  // an end token behind which nothing may follow is accepted too
  if (end !== -1) throw new Error(`the grammar refuses token ${end} of an output that was generated under it`);
  return us;
}

/** Follows an output as an engine would that asks for forced tokens before each sampling. */
function countForced(grammar: TokenGrammar, row: Int32Array, tokenize: (text: Uint8Array) => Uint32Array) {
  const matcher = grammar.matcher();
  let [forced, retokenized] = [0, 0];
  for (let at = 0; at < row.length; ) {
    const run = matcher.forcedTokens(tokenize);
    const isOwn = run.every((token, index) => token === row[at + index]);
    if (run.length > 0 && isOwn) {
      for (const token of run) matcher.accept(token);
      forced += run.length;
      at += run.length;
      continue;
    }
    if (!isOwn) retokenized++;
    // only the end may follow: nothing to sample either
    if (matcher.mustEnd) forced++;
    matcher.accept(row[at]!);
    at++;
  }
  return { forced, retokenized };
}
