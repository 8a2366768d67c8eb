import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openTokenEngine, type TokenEngine } from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { type DamagedModel, HEADER_DAMAGES, MODEL_DAMAGES, writeDamaged, writeVocabularyOnly } from "./damagedModel.js";
import { runRows } from "./runRows.js";

// Whoever sees one of these tests end without a line has found a fault that ends the process.

const ROWS = ["The parcel is late.", "I was charged twice."];
/** Six layers, two heads, 64 numbers of two bytes each for key and value. */
const STARTER_TOKEN_BYTES = 6 * 2 * 64 * 2 * 2;
const LONG_ROW = "The parcel was supposed to be here on Monday. ".repeat(60);

describe.each(["native", "node-llama-cpp"] as const)("the engine %s", (name) => {
  const open = (modelPath: string) => openTokenEngine({ engine: name, modelPath, threads: 1, backend: "cpu" });
  let folder: string;
  let engine: TokenEngine;
  let right: unknown;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rowmill-faults-"));
    engine = await open(embeddedModelPath("starter"));
    right = await runRows(engine, ROWS);
  });
  // whatever the fault was, the next job gets what it would have got without it
  afterEach(async () => expect(await runRows(engine, ROWS)).toEqual(right));
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  // an epsilon is met at the first decode alone
  const damages = [...HEADER_DAMAGES, ...MODEL_DAMAGES]
    .map(([what, damage]) => ({ what, damage }))
    .filter(({ what }) => what !== "a negative epsilon");
  it.each(damages)("refuses a file with $what and gives the reason", async ({ damage }) => {
    await expect(open(writeDamaged(join(folder, "damaged.gguf"), damage))).rejects.toMatchObject({
      code: "ROWMILL_MODEL_UNREADABLE",
      message: expect.stringMatching(/^llama\.cpp can't load .*damaged\.gguf: .{10}/),
    });
  });

  it("refuses a vocabulary without weights", async () => {
    await expect(open(writeVocabularyOnly(folder))).rejects.toMatchObject({
      code: "ROWMILL_MODEL_UNREADABLE",
      message: expect.stringMatching(/vocabulary\.gguf: .*token_embd\.weight' not found/),
    });
  });

  it("gives a row an error where the weights are no numbers", async () => {
    await using damaged = await open(writeDamaged(join(folder, "nan.gguf"), (model) => model.fillWeights(0xff)));
    const results = await runRows(damaged, ROWS);
    if (name === "native") {
      const error = expect.stringMatching(/no token can follow: the model's logits are no numbers/);
      expect(results).toEqual(ROWS.map((_, index) => ({ index, error })));
    } else expect(results).toHaveLength(ROWS.length);
  });

  it("says that a context of more memory than there is can't be created", async () => {
    const plan = { slots: 32, slotTokens: Math.ceil((2 * totalmem()) / STARTER_TOKEN_BYTES / 32) };
    await expect(runRows(engine, ROWS, { plan })).rejects.toThrow(
      name === "native"
        ? /^the model's context can't be created: .*failed to allocate buffer for kv cache/
        : /is too large for the available RAM/,
    );
  });
});

describe("a context of the native engine", () => {
  let engine: TokenEngine;
  let right: unknown;
  beforeAll(async () => {
    engine = await openTokenEngine({
      engine: "native",
      modelPath: embeddedModelPath("starter"),
      threads: 2,
      backend: "cpu",
    });
    right = await runRows(engine, ROWS);
  });
  afterEach(async () => expect(await runRows(engine, ROWS)).toEqual(right));
  afterAll(() => engine[Symbol.asyncDispose]());

  it("can't have more sequences than llama.cpp counts", async () => {
    await expect(runRows(engine, ROWS, { plan: { slots: 300 } })).rejects.toThrow(
      /^the model's context can't be created: .*n_seq_max must be <= 256/,
    );
  });

  it("can't have more tokens than can be numbered", async () => {
    await expect(runRows(engine, ROWS, { plan: { slots: 200, slotTokens: 1 << 30 } })).rejects.toThrow(
      /^the model's context can't be created: its slots would hold 2\d{11} tokens together$/,
    );
  });

  it.each([1, 2])(
    "with %i threads fails the rows of a decode that finds no room, and runs the next",
    async (threads) => {
      const plan = { slots: 1, slotTokens: 64, threads };
      const results = await runRows(engine, [LONG_ROW, ROWS[0] as string, LONG_ROW, ROWS[1] as string], { plan });
      const error = "llama.cpp found no place for the batch in its KV cache";
      expect(results[0]).toEqual({ index: 0, error });
      expect(results[2]).toEqual({ index: 2, error });
      const alone = await runRows(engine, ROWS, { plan });
      expect([results[1], results[3]]).toMatchObject(
        alone.map((result) => ({ text: "text" in result && result.text })),
      );
    },
  );

  it("fails the rows of a decode in which an assertion of llama.cpp's own fails", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rowmill-faults-"));
    const damage = HEADER_DAMAGES.find(([what]) => what === "a negative epsilon")?.[1];
    const modelPath = writeDamaged(join(folder, "damaged.gguf"), damage as (model: DamagedModel) => void);
    await using damaged = await openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
    const error = expect.stringMatching(
      /^llama\.cpp's decode failed: GGML_ASSERT\(eps >= 0\.0f\) failed \(ops\.cpp:\d+\)$/,
    );
    expect(await runRows(damaged, ROWS)).toEqual(ROWS.map((_, index) => ({ index, error })));
    // one after the other they are not the rows' fault
    await expect(runRows(damaged, Array(5).fill(ROWS[0]), { plan: { slots: 1 } })).rejects.toThrow(/GGML_ASSERT\(eps/);
    rmSync(folder, { recursive: true });
  });

  it("takes no token that the vocabulary has not", async () => {
    const stranger = Uint32Array.of(1, 4096);
    const said = "a token id is not in the model's vocabulary";
    await expect(runRows(engine, [stranger])).rejects.toThrow(said);
    await expect(runRows(engine, [Uint32Array.of(0xffffffff)])).rejects.toThrow(said);
    for (const part of ["prefix", "suffix"])
      await expect(runRows(engine, ROWS, { [part]: stranger })).rejects.toThrow(said);
  });
});

describe("a model of the native engine", () => {
  const open = () =>
    openTokenEngine({ engine: "native", modelPath: embeddedModelPath("starter"), threads: 1, backend: "cpu" });

  it("may be closed twice, and says that it is closed", async () => {
    const engine = await open();
    await engine[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    expect(() => engine.tokenize("a")).toThrow("the model is closed");
    await expect(
      runRows(engine, [Uint32Array.of(1)], { prefix: new Uint32Array(), suffix: new Uint32Array() }),
    ).rejects.toThrow("the model is closed");
  });

  it("may be closed while a job runs: the job ends well", async () => {
    const engine = await open();
    const rows = Array.from({ length: 12 }, (_, at) => engine.tokenize(`The parcel ${at} is late.`));
    const expected = await runRows(engine, rows, { plan: { slots: 1 } });
    const running = runRows(engine, rows, { plan: { slots: 1 } });
    await engine[Symbol.asyncDispose]();
    expect(await running).toEqual(expected);
  });

  it("is one for all who open it, and is loaded anew where the file has changed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rowmill-faults-"));
    const path = join(folder, "model.gguf");
    copyFileSync(embeddedModelPath("starter"), path);
    const choice = { engine: "native", modelPath: path, threads: 1, backend: "cpu" } as const;
    const [one, other] = [await openTokenEngine(choice), await openTokenEngine(choice)];
    const right = await runRows(one, ROWS);
    await one[Symbol.asyncDispose]();
    expect(await runRows(other, ROWS)).toEqual(right);
    rmSync(path);
    writeDamaged(path, (model) => model.bytes.fill(0, 0, 100));
    await expect(openTokenEngine(choice)).rejects.toMatchObject({ code: "ROWMILL_MODEL_UNREADABLE" });
    expect(await runRows(other, ROWS)).toEqual(right);
    await other[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
});
