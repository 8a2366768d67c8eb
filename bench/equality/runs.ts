import type { BatchJob, Engine, EngineFailure, EngineResult, EngineRow } from "../../src/engine/index.js";
import type { DemoJob } from "../grammar/demoJobs.js";

/** A row's output as the tokens that it was written in. */
export interface WrittenRow {
  readonly text: string;
  readonly tokens: readonly Uint8Array[];
  /** Of the model's own distribution, one a token. */
  readonly logprobs: Float32Array;
}

const MOST_TOKENS = 64;
const GREEDY = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, stop: [] },
  ...{ presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1 },
};
const NO_METER = { addInputTokens: () => undefined, addOutputTokens: () => undefined };

export interface RunSettings {
  readonly slots: number;
  /** The model chooses the tokens of what is forced. */
  readonly samplesForced: boolean;
}

/** Runs a job's rows greedily.
 *  @throws {Error} what the engine says of a row that fails */
export async function runRows(
  engine: Engine,
  { frame: { prefix, suffix }, rows, compiled }: DemoJob,
  { slots, samplesForced }: RunSettings,
): Promise<WrittenRow[]> {
  const longest = Math.max(...rows.map(({ length }) => length));
  const slotTokens = prefix.length + suffix.length + longest + MOST_TOKENS + 1;
  const job: BatchJob = {
    ...{ plan: { slots, threads: 1, slotTokens, batchTokens: 512 }, prefix, suffix, grammar: compiled, labels: null },
    ...{ sampling: { ...GREEDY, maxTokens: MOST_TOKENS }, logprobs: true, tokenLogprobs: true, samplesForced },
  };
  const written: WrittenRow[] = [];
  const problems: string[] = [];
  let next = 0;
  const pullRow = async (): Promise<EngineRow | null> => {
    const index = next++;
    const tokens = rows[index];
    return tokens === undefined ? null : { index, tokens, seed: 1 };
  };
  const pull = Object.assign(pullRow, { isDue: async () => true });
  const done = (result: EngineResult | EngineFailure): void => {
    if ("error" in result) problems.push(`row ${result.index}: ${result.error}`);
    else written[result.index] = writtenOf(result);
  };
  await engine.run(job, pull, NO_METER, done, new AbortController().signal);
  if (problems.length > 0) throw new Error(problems[0]);
  return written;
}

function writtenOf({ text, tokenLogprobs }: EngineResult): WrittenRow {
  const { bytes, lengths, logprobs } = tokenLogprobs ?? {
    bytes: new Uint8Array(),
    lengths: [],
    logprobs: new Float32Array(),
  };
  let at = 0;
  const tokens = Array.from(lengths, (length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
  return { text, tokens, logprobs };
}
