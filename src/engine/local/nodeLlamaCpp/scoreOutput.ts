import type { LlamaContextSequence, Token } from "node-llama-cpp";
import { fieldProbabilities } from "../labels.js";
import type { LabelField } from "../tokenEngine.js";
import type { FieldLabels } from "./fieldLabels.js";
import type { LabelScorer } from "./scoreLabels.js";

/** An output and what it was generated from, in its sequence. */
export interface GeneratedOutput {
  readonly sequence: LlamaContextSequence;
  /** Where in the sequence the prompt begins. */
  readonly start: number;
  /** At least one token. */
  readonly prompt: readonly Token[];
  readonly output: readonly Token[];
}

/** The natural logarithm of the probability that the model itself gives each token of the output: node-llama-cpp's own figures
 *  are of what grammar and temperature left. Evaluates the output again, in one go. */
export async function scoreTokens(generated: GeneratedOutput, scorer: LabelScorer): Promise<number[]> {
  if (generated.output.length === 0) return [];
  const last = await returnTo(generated, 0);
  return await scorer.scoreTokens(last, generated.output);
}

/** The probabilities of the labels of the output's fields, the last one's first: what lies before it stays evaluated.
 *  @param textOf the text of the output's first so many tokens
 *  @returns for each field one a label, null where the output has no such field */
export async function scoreFields(
  generated: GeneratedOutput,
  text: string,
  textOf: (tokens: number) => string,
  fields: readonly LabelField[],
  labels: FieldLabels,
  scorer: LabelScorer,
): Promise<(number[] | null)[]> {
  const probabilities = fields.map((): number[] | null => null);
  for (const { field, begin, tree, texts } of labels.find(text, generated.output.length, textOf)) {
    const last = await returnTo(generated, begin);
    const logprobs = await scorer.score(last, tree, texts);
    probabilities[field] = fieldProbabilities(fields[field] as LabelField, logprobs);
  }
  return probabilities;
}

/** Leaves the prompt and so many tokens of the output in the sequence, but for the last ones that are to be evaluated again.
 *  @returns those */
async function returnTo(
  { sequence, start, prompt, output }: GeneratedOutput,
  count: number,
): Promise<readonly Token[]> {
  const tokens = [...prompt, ...output.slice(0, count)];
  const kept = start + tokens.length - 1;
  if (sequence.nextTokenIndex > kept)
    await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
  return tokens.slice(sequence.nextTokenIndex - start);
}
