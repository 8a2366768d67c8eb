import { openGrammar, type TokenBytes, type TokenGrammar, type Vocabulary } from "../../src/grammar/index.js";

/** What the native grammar takes for the outputs of a job, row after row. Microseconds a token. */
export interface ReplayCost {
  /** All tokens, each row's end token included. */
  readonly tokens: number;
  /** Mask, check and acceptance in C++; of the first row, which meets every state first, and of the others. */
  readonly firstRowUs: number;
  readonly laterRowsUs: number;
  /** Putting a mask on the logits of the vocabulary: what arg-max over the allowed tokens takes less arg-max over all, in
   *  JavaScript; an engine in C++ takes less. */
  readonly applyUs: number;
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
  const applyUs = applyCost(grammar, vocabulary, rows) / tokens;
  return { tokens, firstRowUs: us[0]! / lengths[0]!, laterRowsUs: later, applyUs, forced, retokenized };
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

function applyCost(grammar: TokenGrammar, { size }: Vocabulary, rows: readonly Int32Array[]): number {
  const logits = Float32Array.from({ length: size }, (_, token) => Math.sin(token));
  const masks: Uint32Array[] = [];
  for (const row of rows.slice(0, 20)) {
    const matcher = grammar.matcher();
    for (const token of row) {
      masks.push(matcher.mask());
      matcher.accept(token);
    }
  }
  const sampled = masks.length;
  const timed = (work: (mask: Uint32Array) => number): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 9; round++) {
      const start = process.hrtime.bigint();
      let kept = 0;
      for (const mask of masks) kept += work(mask);
      const us = Number(process.hrtime.bigint() - start) / 1000;
      if (!Number.isNaN(kept)) best = Math.min(best, us);
    }
    return best;
  };
  const masked = timed((mask) => argmaxAllowed(logits, mask));
  const plain = timed(() => argmax(logits));
  const perToken = Math.max(0, masked - plain) / sampled;
  return perToken * sum(rows.map(({ length }) => length));
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token;
  return best;
}

function argmaxAllowed(logits: Float32Array, mask: Uint32Array): number {
  let best = -1;
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]!; bits !== 0; bits &= bits - 1) {
      const token = word * 32 + 31 - Math.clz32(bits & -bits);
      if (best < 0 || logits[token]! > logits[best]!) best = token;
    }
  }
  return best;
}
