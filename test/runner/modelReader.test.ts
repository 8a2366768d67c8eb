import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";
import { ModelReader } from "../../src/runner/modelReader.js";
import { temporaryFolder } from "../rowmill/fixture.js";

it("a model's file is read once, and again when it is another or no job waits for it", async () => {
  const path = join(temporaryFolder(), "model.gguf");
  copyFileSync(embeddedModelPath("starter"), path);
  const models = new ModelReader();
  const first = await models.facts(path);
  expect(first.contextLength).toBeGreaterThan(0);
  expect(await models.facts(path)).toBe(first);
  models.keep(new Set([path]));
  expect(await models.facts(path)).toBe(first);
  models.keep(new Set());
  const second = await models.facts(path);
  expect(second).not.toBe(first);
  writeFileSync(path, "GGUF, once upon a time");
  await expect(models.facts(path)).rejects.toThrow(/model\.gguf is cut off or damaged/);
  rmSync(path);
  await expect(models.facts(path)).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND" });
});
