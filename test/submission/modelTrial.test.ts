import { copyFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkModelHeaders, embeddedModelPath } from "../../src/models/index.js";
import { tryModelFile } from "../../src/submission/modelTrial.js";
import { hasPassed, keepPassed, trialKey } from "../../src/submission/passedTrials.js";
import { DamagedModel, writeDamaged } from "../engine/damagedModel.js";
import { mutate, mutations } from "../models/headerMutations.js";
import { openRowmill } from "../rowmill/fixture.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-trial-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a model file that llama.cpp would end the process over", () => {
  it("is an error line: a vocabulary that has no token for some bytes", async () => {
    const path = writeDamaged(join(folder, "rwkv.gguf"), (model) => model.setText("tokenizer.ggml.model", "rwkv"));
    await checkModelHeaders(path);
    for (const dryRun of [true, false])
      await expect(openRowmill().infer(["a row"], { model: path, dryRun } as object)).rejects.toMatchObject({
        code: "ROWMILL_MODEL_UNREADABLE",
        message: expect.stringContaining(`llama.cpp can't load ${path}: it ends its process over it`),
      });
  });

  it("is told from one that it can load, and that is remembered in the home", async () => {
    const path = join(folder, "sound.gguf");
    copyFileSync(embeddedModelPath("starter"), path);
    expect(hasPassed(folder, trialKey(path))).toBe(false);
    await expect(tryModelFile(path, folder)).resolves.toBeUndefined();
    expect(hasPassed(folder, trialKey(path))).toBe(true);
  });

  it("is tried again when a file that had passed was changed, and only then", async () => {
    const path = writeDamaged(join(folder, "known.gguf"), (model) => model.setText("tokenizer.ggml.model", "rwkv"));
    // as a process before this one would leave it
    keepPassed(folder, trialKey(path));
    await expect(tryModelFile(path, folder)).resolves.toBeUndefined();
    utimesSync(path, new Date(), new Date(0));
    await expect(tryModelFile(path, folder)).rejects.toMatchObject({ code: "ROWMILL_MODEL_UNREADABLE" });
    expect(hasPassed(folder, trialKey(path))).toBe(false);
  });

  it("is told from one that it can load also where the home can't keep that", async () => {
    const path = join(folder, "unkept.gguf");
    copyFileSync(embeddedModelPath("starter"), path);
    // a file where the folder would have to be
    await expect(tryModelFile(path, path)).resolves.toBeUndefined();
    expect(hasPassed(path, trialKey(path))).toBe(false);
  });

  it("never ends this process, whatever its header says", async () => {
    let count = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const model = new DamagedModel();
        const said = mutate(model, changes);
        const path = join(folder, `mutated-${count++}.gguf`);
        writeFileSync(path, model.bytes);
        try {
          await openRowmill().infer(["a row"], { model: path, samplingParams: { maxTokens: 2 }, dryRun: true });
        } catch (error) {
          expect(error, said).toMatchObject({ name: "InputError" });
          refused++;
        }
        rmSync(path);
      }),
      { numRuns: 12, seed: 14, endOnFailure: true },
    );
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(12);
  });
});
