import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BatchShape, embeddedModelPath, estimateMemory, readModelFacts } from "../../src/models/index.js";
import { pullRealModel } from "./realModel.js";
import { tempFolder } from "./tempHome.js";

const shape: BatchShape = { slots: 4, slotTokens: 512, batchTokens: 512, workers: 1 };

it("a model's facts are read from its file without loading it", async () => {
  const facts = await readModelFacts(embeddedModelPath("starter"));
  expect(facts).toMatchObject({
    path: embeddedModelPath("starter"),
    architecture: "llama",
    layers: 6,
    heads: 4,
    kvHeads: 2,
    embeddingLength: 256,
    contextLength: 2048,
    vocabularySize: 4096,
    isRecurrent: false,
    isHybrid: false,
    slidingWindow: null,
    isSupported: true,
  });
  expect(facts.chatTemplate).toContain("<|im_start|>");
  expect(facts.parameters).toBeGreaterThan(5e6);
});

it("the cache is what llama.cpp keeps: keys and values in half floats, a layer, a head, a token", async () => {
  const facts = await readModelFacts(embeddedModelPath("starter"));
  const { kvCache } = await estimateMemory(facts, shape);
  const tokens = shape.slots * shape.slotTokens;
  const exact = tokens * facts.layers * facts.kvHeads * (facts.embeddingLength / facts.heads) * 2 * 2;
  expect(kvCache).toBeGreaterThanOrEqual(exact);
  expect(kvCache).toBeLessThan(exact * 1.05);
});

it("more slots and more workers take more memory, and the weights are counted once", async () => {
  const facts = await readModelFacts(embeddedModelPath("starter"));
  const one = await estimateMemory(facts, shape);
  const wide = await estimateMemory(facts, { ...shape, slots: 8 });
  const three = await estimateMemory(facts, { ...shape, workers: 3 });
  expect(one.total).toBe(one.weights + one.kvCache + one.compute);
  expect(wide.kvCache / one.kvCache).toBeCloseTo(2, 1);
  expect(three).toMatchObject({ weights: one.weights, kvCache: one.kvCache * 3, compute: one.compute * 3 });
});

it("facts that went through JSON are enough for an estimate", async () => {
  const facts = await readModelFacts(embeddedModelPath("starter"));
  expect(await estimateMemory(structuredClone(facts), shape)).toEqual(await estimateMemory(facts, shape));
});

it.each([5000, 200_000, 5_800_000])("a file that is cut off after %i bytes is told as such", async (bytes) => {
  const path = join(await tempFolder(), "cut.gguf");
  await writeFile(path, (await readFile(embeddedModelPath("starter"))).subarray(0, bytes));
  await expect(readModelFacts(path)).rejects.toMatchObject({
    code: "ROWMILL_NOT_A_MODEL",
    message: expect.stringContaining(`${path} is cut off`),
  });
});

it("real-model: smollm2-135m says what its authors published", async (ctx) => {
  const model = await pullRealModel();
  if ("reason" in model) return ctx.skip(model.reason);
  expect(await readModelFacts(model.path)).toMatchObject({
    parameters: 134_515_008,
    contextLength: 8192,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    vocabularySize: 49_152,
  });
});
