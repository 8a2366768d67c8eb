import type { LabelField } from "./tokenEngine.js";

/** A text as tokens, and how it may end. */
export interface TokenLabel {
  readonly tokens: readonly number[];
  /** Behind so many of its tokens any of these holds the rest of it and says that it is over. */
  readonly ends: readonly { readonly depth: number; readonly tokens: readonly number[] }[];
}

/** Labels as token ids, shared beginnings once. */
export interface LabelNode {
  readonly ends: { readonly label: number; readonly tokens: readonly number[] }[];
  readonly children: Map<number, LabelNode>;
}

export function labelTree(labels: readonly TokenLabel[]): LabelNode {
  const root: LabelNode = { ends: [], children: new Map() };
  labels.forEach(({ tokens, ends }, label) => {
    const way = [root];
    for (const token of tokens) {
      const at = way.at(-1) as LabelNode;
      const child = at.children.get(token) ?? { ends: [], children: new Map() };
      at.children.set(token, child);
      way.push(child);
    }
    for (const end of ends) if (end.tokens.length > 0) way[end.depth]?.ends.push({ label, tokens: end.tokens });
  });
  return root;
}

export interface ChosenLabel {
  readonly index: number;
  /** One a label, together 1. */
  readonly probabilities: readonly number[];
}

/** Chooses by the labels' log-probabilities: at temperature 0 the likeliest, the first of equal ones; else label i with a
 *  share of pᵢ^(1 / temperature), drawn with the seed.
 *  @param logprobs natural logarithms, not normalised */
export function chooseLabel(logprobs: readonly number[], temperature: number, seed: number): ChosenLabel {
  const probabilities = normalised(logprobs);
  if (temperature === 0) return { index: probabilities.indexOf(Math.max(...probabilities)), probabilities };
  const shares = normalised(logprobs.map((logprob) => logprob / temperature));
  let left = uniform(seed);
  const index = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return { index: index < 0 ? shares.findLastIndex((share) => share > 0) : index, probabilities };
}

function normalised(logprobs: readonly number[]): number[] {
  const most = Math.max(...logprobs);
  // no label has any probability in single precision: nothing is known of any
  if (most === Number.NEGATIVE_INFINITY) return logprobs.map(() => 1 / logprobs.length);
  const weights = logprobs.map((logprob) => Math.exp(logprob - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The probabilities of a field's labels, each that of all its texts, over all of them.
 *  @param logprobs natural logarithms, one a text, not normalised; [] where the output has no such field
 *  @returns null for [] */
export function fieldProbabilities({ labels }: LabelField, logprobs: readonly number[]): number[] | null {
  if (logprobs.length === 0) return null;
  const shares = normalised(logprobs);
  let next = 0;
  return labels.map(({ texts }) => texts.reduce((sum) => sum + (shares[next++] ?? 0), 0));
}

/** A number from 0 to 1 that a 32-bit seed decides (SplitMix32's finaliser). */
function uniform(seed: number): number {
  let x = (seed + 0x9e3779b9) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}
