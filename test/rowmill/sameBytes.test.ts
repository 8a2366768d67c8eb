import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRowmill, TICKET_PROMPT, TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

/** Runs a job and gives its results as a file's bytes, log-probabilities included: those differ where a batch did. */
async function bytesOf(workers: number, samplingParams: object): Promise<string> {
  const mill = openRowmill();
  const jobId = await mill.infer(tickets(150), {
    ...{ model: "starter", systemPrompt: TICKET_PROMPT, outputSchema: TICKET_SCHEMA, workers, threads: 1, slots: 8 },
    samplingParams: { ...samplingParams, logprobs: true },
  });
  const file = join(temporaryFolder(), "results.jsonl");
  await mill.writeJobResults(jobId, file, { includeCumulativeLogprobs: true });
  return readFileSync(file, "utf8");
}

describe("the same job gives the same bytes", () => {
  it("with one worker", async () => {
    expect(await bytesOf(1, { temperature: 0 })).toBe(await bytesOf(1, { temperature: 0 }));
  });

  it("with two workers, whichever is faster", async () => {
    const sampled = { temperature: 1, seed: 7 };
    const bytes = await bytesOf(2, sampled);
    expect(await bytesOf(2, sampled)).toBe(bytes);
    expect(bytes.split("\n").filter((line) => line.includes("cumulative_logprob")).length).toBe(150);
  });
});
