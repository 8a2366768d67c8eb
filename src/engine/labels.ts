import type { EngineLabelField } from "./engine.js";

/** Labels as token ids, shared beginnings once. */
export interface LabelNode {
  /** Index of the label that ends here. */
  label: number | null;
  readonly children: Map<number, LabelNode>;
}

export function labelTree(labels: readonly Uint32Array[]): LabelNode {
  const root: LabelNode = { label: null, children: new Map() };
  labels.forEach((tokens, index) => {
    let at = root;
    for (const token of tokens) {
      const known = at.children.get(token) ?? { label: null, children: new Map() };
      at.children.set(token, known);
      at = known;
    }
    at.label = index;
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
export function fieldProbabilities({ labels }: EngineLabelField, logprobs: readonly number[]): number[] | null {
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
