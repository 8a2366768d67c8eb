import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type BatchPlan,
  type Engine,
  type EngineFailure,
  type EngineResult,
  openEngine,
  tokenizeFrame,
} from "../../src/engine/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { renderChat } from "../../src/prompt/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { TICKET_PROMPT, TICKET_SCHEMA, tickets } from "../rowmill/fixture.js";

let engine: Engine;

const greedy = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  maxTokens: 60,
  stop: [],
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
};

async function label(rows: readonly string[], plan: Partial<BatchPlan>): Promise<(string | undefined)[]> {
  const frame = renderChat(engine.facts, { systemPrompt: TICKET_PROMPT, templateArguments: {}, answerPrefix: null });
  const results: (EngineResult | EngineFailure)[] = [];
  let next = 0;
  await engine.run(
    {
      plan: { slots: 1, threads: 1, slotTokens: 400, batchTokens: 512, ...plan },
      ...tokenizeFrame(engine, frame),
      grammar: compileSchema(TICKET_SCHEMA),
      labels: null,
      sampling: greedy,
      logprobs: false,
    },
    async () => {
      const index = next++;
      const text = rows[index];
      return text === undefined ? null : { index, tokens: engine.tokenize(text), seed: 0 };
    },
    { addInputTokens: () => undefined, addOutputTokens: () => undefined },
    (result) => results.push(result),
    new AbortController().signal,
  );
  const texts: (string | undefined)[] = [];
  for (const result of results) texts[result.index] = "text" in result ? result.text : result.error;
  return texts;
}

describe.each(["native", "node-llama-cpp"] as const)("slots of one batch of the engine %s", (name) => {
  beforeAll(async () => {
    engine = await openEngine({
      engine: name,
      modelPath: embeddedModelPath("starter"),
      threads: 1,
      backend: "cpu",
    });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("give each row the text that it has alone, also when a batch is split", { timeout: 120_000 }, async () => {
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
