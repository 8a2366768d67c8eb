import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeGguf } from "../../bench/engines/ggufWriter.js";
import { InputError } from "../../src/errors.js";
import { checkModelHeaders, embeddedModelPath, readModelFacts } from "../../src/models/index.js";
import { DamagedModel, HEADER_DAMAGES, writeDamaged, writeVocabularyOnly } from "../engine/damagedModel.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-header-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a model file's header", () => {
  it("is good in the embedded model", async () => {
    expect(await checkModelHeaders(embeddedModelPath("starter"))).toBe(embeddedModelPath("starter"));
  });

  it.each(HEADER_DAMAGES)("with %s is refused in words, and nobody else reads it", async (_, damage, said) => {
    const path = writeDamaged(join(folder, "damaged.gguf"), damage);
    for (const read of [checkModelHeaders, readModelFacts])
      await expect(read(path)).rejects.toMatchObject({
        code: "ROWMILL_NOT_A_MODEL",
        message: expect.stringMatching(said),
      });
  });

  it("is refused or read, whatever is written over it", async () => {
    const { bytes } = new DamagedModel();
    const end = 132_000; // the starter's header, and some weights
    const path = join(folder, "random.gguf");
    let refused = 0;
    const change = fc.record({ at: fc.nat(end), with: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.option(fc.nat(end)), async (changes, cutAt) => {
        const damaged = Buffer.from(bytes.subarray(0, cutAt ?? bytes.length));
        for (const { at, with: written } of changes)
          damaged.set(written.subarray(0, Math.max(0, damaged.length - at)), Math.min(at, damaged.length));
        writeFileSync(path, damaged);
        try {
          await checkModelHeaders(path);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          refused++;
        }
      }),
      { numRuns: 200, seed: 8 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});

describe("a file without what a job needs", () => {
  it("is told as a vocabulary where it has no weights", async () => {
    const path = writeVocabularyOnly(folder);
    await expect(checkModelHeaders(path)).rejects.toThrow(`${path} holds a vocabulary and no weights`);
  });

  it("is told as such where it has weights and no vocabulary", async () => {
    const path = join(folder, "weights.gguf");
    const weights = { name: "token_embd.weight", shape: [4, 4], type: "F32" } as const;
    writeGguf(path, { "general.architecture": { type: "string", value: "llama" } }, [weights]);
    await expect(checkModelHeaders(path)).rejects.toThrow(`${path} holds no vocabulary`);
  });

  it("is told as such where it names no architecture", async () => {
    const path = join(folder, "nameless.gguf");
    writeGguf(path, {}, [{ name: "weights", shape: [4, 4], type: "F32" }]);
    await expect(checkModelHeaders(path)).rejects.toThrow(`${path} names no architecture`);
  });
});
