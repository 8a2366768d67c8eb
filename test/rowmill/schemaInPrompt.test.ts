import { expect, test } from "vitest";
import { sharedRowmill } from "./fixture.js";

const SCHEMA = { type: "object", properties: { tone: { enum: ["good", "bad"], description: "how the guest felt" } } };
const mill = sharedRowmill();

test("a job's record has the system prompt as the model got it, and every row's tokens count it", async () => {
  const jobs = await Promise.all(
    (["off", "descriptions", "full"] as const).map(async (schemaInPrompt) => {
      const options = { model: "starter", systemPrompt: "Read.", outputSchema: SCHEMA, schemaInPrompt };
      return await mill.getJob(await mill.infer(["The soup was cold."], options));
    }),
  );
  expect(jobs.map(({ systemPromptSent }) => systemPromptSent)).toEqual([
    "Read.",
    "Read.\n\nAnswer with JSON:\n- tone: how the guest felt",
    expect.stringMatching(/^Read\.\n\nAnswer with JSON that is valid against this JSON Schema:\n\{.*\}$/),
  ]);
  for (const { frame, systemPrompt, systemPromptSent, rowsDone } of jobs) {
    expect([systemPrompt, rowsDone]).toEqual(["Read.", 1]);
    expect(frame?.prefix).toContain(systemPromptSent);
  }
  const [off, descriptions, full] = jobs.map(({ inputTokensTotal }) => inputTokensTotal);
  expect(descriptions).toBeGreaterThan(off!);
  expect(full).toBeGreaterThan(descriptions!);
  // what is counted at submission is what the engine reads
  expect(jobs.map(({ inputTokens }) => inputTokens)).toEqual([off, descriptions, full]);
});

test("without outputSchema there is nothing to be told", async () => {
  await expect(mill.infer(["a"], { model: "starter", schemaInPrompt: "full" })).rejects.toThrow(
    "schemaInPrompt is about outputSchema, and there is none",
  );
});
