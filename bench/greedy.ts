import type { EngineMeter, Sampling } from "../src/engine/local/index.js";

/** The likeliest token each time. */
export function greedySampling(maxTokens: number): Sampling {
  return {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, maxTokens, stop: [] },
    ...{ presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1 },
  };
}

/** For engines that need not report while they run. */
export const NO_METER: EngineMeter = { addInputTokens: () => undefined, addOutputTokens: () => undefined };
