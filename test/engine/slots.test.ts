import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BatchPlan, openTokenEngine, type TokenEngine } from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { TICKET_SCHEMA, tickets } from "../rowmill/fixture.js";
import { chatFrame, runRows } from "./runRows.js";

let engine: TokenEngine;

async function label(rows: readonly string[], plan: Partial<BatchPlan>): Promise<string[]> {
  const results = await runRows(engine, rows, {
    ...{ plan: { slots: 1, slotTokens: 400, ...plan }, ...chatFrame(engine), grammar: compileSchema(TICKET_SCHEMA) },
    ...{ sampling: { maxTokens: 60 }, seedOf: () => 0 },
  });
  return results.map((result) => ("text" in result ? result.text : result.error));
}

describe.each(["native", "node-llama-cpp"] as const)("slots of one batch of the engine %s", (name) => {
  beforeAll(async () => {
    engine = await openTokenEngine({
      engine: name,
      modelPath: embeddedModelPath("starter"),
      threads: 1,
      backend: "cpu",
    });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("give each row the text that it has alone, also when a batch is split", async () => {
    // rows of very different lengths make llama.cpp reorder a batch: the case in which logits once changed rows
    const rows = tickets(48).map((text, at) => text.repeat(1 + (at % 4)));
    const alone = await label(rows, { slots: 1 });
    expect(new Set(alone).size).toBeGreaterThan(3);
    for (const plan of [{ slots: 16 }, { slots: 16, batchTokens: 96 }, { slots: 12, batchTokens: 2048 }])
      expect(await label(rows, plan)).toEqual(alone);
  });

  it("reuse their prefix: the next row does not see the last one", async () => {
    const row = tickets(1)[0] ?? "";
    const texts = await label([row, "I was charged twice. ".repeat(8), row], { slots: 1 });
    expect(texts[2]).toBe(texts[0]);
  });
});
