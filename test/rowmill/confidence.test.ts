import { readFileSync } from "node:fs";
import { join } from "node:path";
import pl from "nodejs-polars";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sharedRowmill, TICKET_PROMPT, TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

const mill = sharedRowmill();
const base = { model: "starter", systemPrompt: TICKET_PROMPT } as const;
const TOPICS = TICKET_SCHEMA.properties.topic.enum;
const URGENCIES = TICKET_SCHEMA.properties.urgency.enum;

interface Judged {
  readonly inference_result: string;
  readonly confidence: { readonly topic: Record<string, number>; readonly urgency: Record<string, number> };
  readonly token_logprobs: readonly { readonly token: string; readonly logprob: number }[];
}

const together = (shares: Record<string, number>) => Object.values(shares).reduce((sum, one) => sum + one, 0);

describe("confidence", () => {
  it("tells of each enum and boolean of the output how probable each label was", async () => {
    const jobId = await mill.infer(tickets(24), { ...base, outputSchema: TICKET_SCHEMA, confidence: true });
    const rows = await mill.getJobResults<Judged>(jobId);
    expect(rows).toHaveLength(24);
    let likeliest = 0;
    for (const { inference_result, confidence } of rows) {
      expect(Object.keys(confidence)).toEqual(["topic", "urgency"]);
      expect(Object.keys(confidence.topic)).toEqual(TOPICS);
      expect(Object.keys(confidence.urgency)).toEqual(URGENCIES);
      expect(together(confidence.topic)).toBeCloseTo(1, 9);
      expect(together(confidence.urgency)).toBeCloseTo(1, 9);
      const { topic } = JSON.parse(inference_result) as { topic: string };
      if (confidence.topic[topic] === Math.max(...Object.values(confidence.topic))) likeliest++;
    }
    // token by token another label may be reached than the likeliest as a whole
    expect(likeliest).toBeGreaterThan(20);
    expect(new Set(rows.map(({ confidence }) => confidence.topic.billing)).size).toBeGreaterThan(4);
  });

  it("agrees with the choices' probabilities that are asked for behind the same text", async () => {
    const choosing = { ...base, outputChoices: TOPICS };
    const judged = await mill.getJobResults<{ confidence: Record<string, number> }>(
      await mill.infer(tickets(6), { ...choosing, confidence: true }),
    );
    const labelled = await mill.getJobResults<{ probabilities: Record<string, number> }>(
      await mill.infer(tickets(6), { ...choosing, labelProbabilities: true }),
    );
    for (const [at, { probabilities }] of labelled.entries())
      for (const topic of TOPICS)
        expect(Math.abs((judged[at]?.confidence[topic] ?? -1) - (probabilities[topic] ?? 0))).toBeLessThan(0.02);
  });

  it("is the same with either engine, where both wrote the same", async () => {
    const judge = async (engine: "native" | "node-llama-cpp") => {
      const jobId = await mill.infer(tickets(8), { ...base, outputSchema: TICKET_SCHEMA, confidence: true, engine });
      return await mill.getJobResults<Judged>(jobId);
    };
    const [own, reference] = [await judge("native"), await judge("node-llama-cpp")];
    const same = own.filter(({ inference_result }, at) => inference_result === reference[at]?.inference_result);
    expect(same.length).toBeGreaterThan(5);
    for (const [at, { inference_result, confidence }] of own.entries()) {
      const other = reference[at] as Judged;
      if (inference_result !== other.inference_result) continue;
      for (const topic of TOPICS)
        expect(Math.abs((confidence.topic[topic] ?? -1) - (other.confidence.topic[topic] ?? 0))).toBeLessThan(0.02);
      for (const urgency of URGENCIES)
        expect(Math.abs((confidence.urgency[urgency] ?? -1) - (other.confidence.urgency[urgency] ?? 0))).toBeLessThan(
          0.02,
        );
    }
  });

  it("takes a zod schema with objects within objects, and is a column of every export", async () => {
    const folder = temporaryFolder();
    const outputSchema = z.object({
      is: z.object({ urgent: z.boolean(), mood: z.enum(["calm", "angry"]).nullable() }),
    });
    const table = tickets(3).map((body) => ({ body, confidence: "mine" }));
    const options = { ...base, outputSchema, column: "body", outputColumn: "judged", confidence: true };
    const jobId = await mill.infer(table, { ...options, samplingParams: { tokenLogprobs: true } });
    const paths = ["out.jsonl", "out.csv", "out.parquet"].map((name) => join(folder, name));
    for (const path of paths) await mill.writeJobResults(jobId, path, { includeTokenLogprobs: true });
    const [jsonl, csv, parquet] = paths as [string, string, string];
    const rows = readFileSync(jsonl, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(Object.keys(rows[0])).toEqual(["body", "confidence", "judged", "judged_confidence", "token_logprobs"]);
    for (const { judged_confidence } of rows) {
      expect(Object.keys(judged_confidence.is)).toEqual(["urgent", "mood"]);
      expect(Object.keys(judged_confidence.is.mood).sort()).toEqual(["angry", "calm", "null"]);
    }
    const frames = [pl.readCSV(csv), pl.readParquet(parquet)].map((frame) => frame.toRecords());
    for (const records of frames)
      for (const [at, record] of records.entries()) {
        expect(JSON.parse(String(record.judged_confidence))).toEqual(rows[at].judged_confidence);
        expect(JSON.parse(String(record.token_logprobs))).toEqual(rows[at].token_logprobs);
      }
    const unpacked = await mill.getJobResults<Record<string, unknown>>(jobId, { unpackJson: true });
    expect(Object.keys(unpacked[0] ?? {})).toEqual(["body", "confidence", "is", "judged_confidence"]);
    const arrow = await mill.getJobResults(jobId, { format: "arrow" });
    expect(JSON.parse(String(arrow.getChild("judged_confidence")?.get(0)))).toEqual(rows[0].judged_confidence);
  });

  it("is refused where there is nothing to judge", async () => {
    const refused = { code: "ROWMILL_BAD_OPTION", message: expect.stringMatching(/^confidence needs/) };
    const without = { ...base, outputSchema: { type: "array", items: { type: "boolean" } }, confidence: true };
    await expect(mill.infer(["a"], without)).rejects.toMatchObject(refused);
  });
});

describe.each(["native", "node-llama-cpp"] as const)("token log-probabilities with the engine %s", (engine) => {
  it("are one a token of the output, together the cumulative one", async () => {
    const samplingParams = { logprobs: true, tokenLogprobs: true };
    const jobId = await mill.infer(tickets(3), { ...base, outputSchema: TICKET_SCHEMA, engine, samplingParams });
    const include = { includeTokenLogprobs: true, includeCumulativeLogprobs: true };
    const rows = await mill.getJobResults<Judged & { cumulative_logprob: number }>(jobId, include);
    for (const { inference_result, token_logprobs, cumulative_logprob } of rows) {
      expect(token_logprobs.map(({ token }) => token).join("")).toBe(inference_result);
      const sum = token_logprobs.reduce((total, { logprob }) => total + logprob, 0);
      expect(sum).toBeCloseTo(cumulative_logprob, 3);
      expect(sum).toBeLessThan(0);
    }
    const tokens = rows.reduce((sum, { token_logprobs }) => sum + token_logprobs.length, 0);
    expect(await mill.getJob(jobId)).toMatchObject({ outputTokens: tokens });
  });

  it("are refused where the job recorded none", async () => {
    const jobId = await mill.infer(tickets(1), { ...base, outputSchema: TICKET_SCHEMA, engine });
    await expect(mill.getJobResults(jobId, { includeTokenLogprobs: true })).rejects.toMatchObject({
      message: expect.stringMatching(/run it with samplingParams: \{"tokenLogprobs":true\}$/),
      options: [{ option: "samplingParams", value: { tokenLogprobs: true } }],
    });
  });
});
