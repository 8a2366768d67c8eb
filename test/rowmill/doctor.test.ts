import { join } from "node:path";
import { expect, test } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";
import { writeDamaged } from "../engine/damagedModel.js";
import { writeHugeModel } from "../engine/hugeModel.js";
import { openRowmill, temporaryFolder } from "./fixture.js";

test("doctor says of each model whether it fits: the default one, those that are here, and those of the program", async () => {
  const folder = temporaryFolder();
  const huge = join(folder, "huge.gguf");
  await writeHugeModel(huge, embeddedModelPath("starter"));
  const odd = writeDamaged(join(folder, "odd.gguf"), (model) => model.setText("tokenizer.ggml.model", "rwkv"));
  const { models } = await openRowmill({ models: { huge, odd, missing: join(folder, "none.gguf") } }).doctor();
  const [first] = models;
  expect(first).toMatchObject({ model: "gpt-oss-20b", isDefault: true, isHere: false, memory: null, problem: null });
  expect(first?.bytes).toBeGreaterThan(1e10);
  expect(typeof first?.fits).toBe("boolean");
  const named = Object.fromEntries(models.map((model) => [model.model, model]));
  expect(named.starter).toMatchObject({ isHere: true, fits: true, memory: { fits: true, slotTokens: 1000 } });
  expect(named.huge).toMatchObject({ isHere: true, fits: false, memory: { fits: false } });
  expect(named.huge?.memory?.bytes).toBeGreaterThan(named.huge?.memory?.availableBytes as number);
  expect(named.odd).toMatchObject({ fits: null, problem: expect.stringContaining("llama.cpp can't load") });
  expect(named.missing).toMatchObject({ isHere: false, fits: null });
  expect(named.missing?.problem).toContain("none.gguf");
});
