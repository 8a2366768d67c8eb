import type { BatchJob, BatchPlan, Engine, EngineFailure, EngineResult, Sampling } from "../../src/engine/index.js";

export const GREEDY: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: 16,
  stop: [],
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
};

export interface Run extends Partial<Omit<BatchJob, "plan">> {
  readonly plan?: Partial<BatchPlan>;
}

/** Runs rows, given as texts or token ids, as turns of a chat.
 *  @returns their results in row order */
export async function runRows(
  engine: Engine,
  rows: readonly (string | Uint32Array)[],
  { plan, ...job }: Run = {},
): Promise<(EngineResult | EngineFailure)[]> {
  const results: (EngineResult | EngineFailure)[] = [];
  let next = 0;
  await engine.run(
    {
      plan: { slots: 2, threads: 1, slotTokens: 256, batchTokens: 512, ...plan },
      prefix: engine.tokenizeTemplate("<|im_start|>user\n"),
      suffix: engine.tokenizeTemplate("<|im_end|>\n<|im_start|>assistant\n"),
      grammar: null,
      labels: null,
      sampling: GREEDY,
      logprobs: false,
      ...job,
    },
    async () => {
      const index = next++;
      const row = rows[index];
      if (row === undefined) return null;
      return { index, tokens: typeof row === "string" ? engine.tokenize(row) : row, seed: 1 };
    },
    { addInputTokens: () => undefined, addOutputTokens: () => undefined },
    (result) => {
      results[result.index] = result;
    },
    new AbortController().signal,
  );
  return results;
}
