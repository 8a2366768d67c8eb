import type { TokenEngine, TokenResult } from "../../src/engine/local/index.js";
import { type DemoJob, runDemoRows } from "../grammar/demoJobs.js";

/** A row's output as the tokens that it was written in. */
export interface WrittenRow {
  readonly text: string;
  readonly tokens: readonly Uint8Array[];
  /** Of the model's own distribution, one a token. */
  readonly logprobs: Float32Array;
}

const MOST_TOKENS = 64;

export interface RunSettings {
  readonly slots: number;
  /** The model chooses the tokens of what is forced. */
  readonly samplesForced: boolean;
}

/** Runs a job's rows greedily.
 *  @throws {Error} what the engine says of a row that fails */
export async function runRows(
  engine: TokenEngine,
  job: DemoJob,
  { slots, samplesForced }: RunSettings,
): Promise<WrittenRow[]> {
  const recorded = { grammar: job.compiled, logprobs: true, tokenLogprobs: true, samplesForced };
  return (await runDemoRows(engine, job, slots, MOST_TOKENS, recorded)).map(writtenOf);
}

function writtenOf({ text, tokenLogprobs }: TokenResult): WrittenRow {
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
