import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Engine,
  type EngineFailure,
  type EngineJob,
  type EngineResult,
  openEngine,
  openTokenizer,
  RowFrame,
} from "../../../src/engine/index.js";
import { embeddedModelPath } from "../../../src/models/index.js";
import { GREEDY } from "../runRows.js";

const STARTER = embeddedModelPath("starter");
const FRAME = { prefix: "<|im_start|>user\n", suffix: "<|im_end|>\n<|im_start|>assistant\n", trimsRow: true };
const SCHEMA = { type: "object", properties: { urgent: { type: "boolean" } }, required: ["urgent"] };

const JOB: EngineJob = {
  plan: { slots: 2, threads: 1, slotTokens: 2048, batchTokens: 512, draftTokens: 0, samplesInGraph: false },
  chat: { systemPrompt: null, templateArguments: {}, answerPrefix: null, frame: FRAME },
  form: { kind: "schema", schema: SCHEMA, style: "spaced" },
  scoresChoices: false,
  confidence: false,
  sampling: { ...GREEDY, maxTokens: 32, seed: 0, logprobs: false, tokenLogprobs: false },
  truncateRows: true,
};

async function run(engine: Engine, texts: readonly string[], job: Partial<EngineJob> = {}) {
  const results: (EngineResult | EngineFailure)[] = [];
  const rows = texts.map((text, index) => ({ index, text, seed: 1 })).values();
  await engine.run(
    { ...JOB, ...job },
    async () => rows.next().value ?? null,
    { addInputTokens: () => undefined, addOutputTokens: () => undefined },
    (result) => {
      results[result.index] = result;
    },
    new AbortController().signal,
  );
  return results;
}

describe.each(["native", "node-llama-cpp"] as const)("rows of text on %s", (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ engine: name, modelPath: STARTER, threads: 1, backend: "cpu" });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("become outputs of the form that was asked for", async () => {
    const results = await run(engine, ["The parcel is late.", "All is well."]);
    expect(results).toMatchObject([{ finish: "stop" }, { finish: "stop" }]);
    for (const result of results) expect(JSON.parse((result as EngineResult).text).urgent).toBeTypeOf("boolean");
  });

  it("are trimmed where the template trims", async () => {
    const [plain, spaced] = await run(engine, ["The parcel is late.", "  The parcel is late.\n"]);
    expect(spaced).toEqual({ ...plain, index: 1, sharedTokens: (spaced as EngineResult).sharedTokens });
  });

  it("are cut to what the model holds, and say so", async () => {
    const [long, short] = await run(engine, ["word ".repeat(5000), "word"]);
    expect(long).toMatchObject({ isInputCut: true, finish: "stop" });
    expect(short).toMatchObject({ isInputCut: false });
  });

  it("fail alone where they are too long and may not be cut", async () => {
    const results = await run(engine, ["word", "word ".repeat(5000), "word"], { truncateRows: false });
    expect(results).toMatchObject([
      { finish: "stop" },
      { error: expect.stringMatching(/^the row has \d+ tokens and only \d+ fit/) },
      { finish: "stop" },
    ]);
  });

  it("get the model's own chat where the job has none", async () => {
    const [result] = await run(engine, ["The parcel is late."], { chat: { ...JOB.chat, frame: null } });
    expect(result).toMatchObject({ finish: "stop" });
  });

  it("are scored against choices", async () => {
    const choices = ["yes", "no"];
    const [result] = await run(engine, ["Is it late?"], { form: { kind: "choices", choices }, scoresChoices: true });
    const { text, labelProbabilities } = result as EngineResult;
    expect(choices).toContain(text);
    expect(labelProbabilities?.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1);
  });
});

it("a row's frame leaves what the context has beside prefix, suffix and output", async () => {
  await using tokenizer = await openTokenizer(STARTER);
  const frame = new RowFrame(tokenizer, FRAME, 32);
  expect(frame.capacity).toBe(tokenizer.facts.contextLength - frame.tokens - 32);
  expect(frame.tokens).toBe(frame.prefix.length + frame.suffix.length);
  const whole = frame.tokenize(` ${"word ".repeat(5000)} `);
  expect(whole).toEqual(tokenizer.tokenize("word ".repeat(5000).trim()));
  expect(frame.fit(whole, true)).toEqual(whole.subarray(0, frame.capacity));
  expect(() => frame.fit(whole, false)).toThrow("the row has");
});
