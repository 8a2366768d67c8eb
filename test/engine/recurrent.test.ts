import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTokenEngine, type TokenEngine, type TokenJob, type TokenResult } from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileOutput } from "../../src/output/index.js";
import { TICKET_SCHEMA, tickets } from "../rowmill/fixture.js";
import { writeRecurrentModel } from "./recurrentModel.js";
import { chatFrame, resultsOf } from "./runRows.js";

let folder: string;
let engine: TokenEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-recurrent-"));
  const modelPath = join(folder, "mamba.gguf");
  await writeRecurrentModel(modelPath, embeddedModelPath("starter"));
  engine = await openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const run = (rows: readonly string[], job: Partial<TokenJob>, slots: number): Promise<TokenResult[]> =>
  resultsOf(engine, rows, {
    ...{ plan: { slots, slotTokens: 400 }, ...chatFrame(engine), logprobs: true, seedOf: (index: number) => index },
    ...job,
    sampling: { maxTokens: 40, ...job.sampling },
  });

describe("a model whose memory can't be cut", () => {
  const rows = tickets(6);

  it("gives each row what it gets when it is alone, in slots that held other rows too", async () => {
    const together = await run(rows, {}, 2);
    for (const [at, row] of rows.entries()) {
      const [alone] = await run([row], {}, 1);
      expect(together[at]?.text).toBe(alone?.text);
      expect(together[at]?.cumulativeLogprob).toBeCloseTo(alone?.cumulativeLogprob as number, 4);
    }
    expect(new Set(together.map(({ cumulativeLogprob }) => cumulativeLogprob?.toFixed(3))).size).toBe(6);
  });

  it("scores the labels of a field as it scores the same labels behind the prompt", async () => {
    const choices = ["shipping", "shipping delay", "billing", "b"];
    const { grammar } = compileOutput({ kind: "choices", choices });
    const field = { isWhole: true, path: [], labels: choices.map((choice) => ({ texts: [choice] })) };
    const generated = await run(rows, { grammar, labelFields: [field] }, 3);
    const chosen = await run(rows, { labels: choices }, 1);
    for (const [at, { fieldProbabilities }] of generated.entries())
      choices.forEach((_, label) => {
        const probability = chosen[at]?.labelProbabilities?.[label] as number;
        expect(fieldProbabilities?.[0]?.[label]).toBeCloseTo(probability, 6);
      });
    expect(new Set(chosen.map(({ labelProbabilities }) => labelProbabilities?.[0])).size).toBe(6);
  });

  it("scores all fields of an output and leaves the output as it is", async () => {
    const output = compileOutput({ kind: "schema", schema: TICKET_SCHEMA, style: "spaced" });
    const fields = output.labelFields().map(({ pathTexts, labels }) => ({ isWhole: false, path: pathTexts, labels }));
    const plain = await run(rows, { grammar: output.grammar }, 2);
    const scored = await run(rows, { grammar: output.grammar, labelFields: fields, tokenLogprobs: true }, 2);
    for (const [at, { text, fieldProbabilities, cumulativeLogprob }] of scored.entries()) {
      expect(text).toBe(plain[at]?.text);
      expect(cumulativeLogprob).toBeCloseTo(plain[at]?.cumulativeLogprob as number, 4);
      expect(fieldProbabilities?.map((shares) => shares?.length)).toEqual([6, 3]);
      for (const shares of fieldProbabilities ?? [])
        expect(shares?.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
    }
  });
});
