import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { loadAddon } from "../../../src/addon.js";
import { compileSchema } from "../../../src/schema/index.js";
import { builtUrl } from "../../builtUrl.js";
import { canTest } from "../../wanted.js";

const hasAddon = canTest(
  "addon",
  loadAddon().native !== null,
  `tests of the grammar in threads (${loadAddon().reason})`,
);

/** Masks along `"name": "xxx…"`, hashed, over one token a byte. Told to stay, it goes on for ever. */
const PROGRAM = `
  const { openGrammar, openVocabulary } = await import(url);
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const offsets = Uint32Array.from({ length: 258 }, (_, token) => Math.min(token, 256));
  const vocabulary = openVocabulary({ bytes, offsets, endTokens: Uint32Array.of(256) });
  const grammar = openGrammar(tables, vocabulary, { memoryBytes: 1 });
  const follow = () => {
    let hash = 0;
    const matcher = grammar.matcher();
    for (const byte of text) {
      for (const word of matcher.mask()) hash = (Math.imul(hash, 31) + word) | 0;
      if (!matcher.accept(byte)) throw new Error("refused");
    }
    return hash;
  };`;

const url = builtUrl("grammar/masks/index.js");
const { tables } = compileSchema({ type: "object", properties: { name: { type: "string", maxLength: 500 } } });
const text = Buffer.from(`{"name": "${"xé".repeat(150)}`);

function sourceOfWorker(end: string): string {
  const head =
    "const { parentPort, workerData } = await import('node:worker_threads'); const { url, tables, text } = workerData;";
  return `(async () => { ${head} ${PROGRAM} ${end} })();`;
}

const startWorker = (end: string) => new Worker(sourceOfWorker(end), { eval: true, workerData: { url, tables, text } });

const FOR_EVER = "parentPort.postMessage(0); for (;;) follow();";

const messageOf = (worker: Worker) =>
  new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));

describe.skipIf(!hasAddon)("a grammar in several threads", () => {
  it("gives all of them the same masks, however they are mixed", async () => {
    const workers = Array.from({ length: 4 }, () => startWorker("parentPort.postMessage(follow());"));
    const hashes = await Promise.all(workers.map(messageOf));
    expect(new Set(hashes).size).toBe(1);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  it("outlives threads that are terminated in the middle of a mask", async () => {
    for (let round = 0; round < 3; round++) {
      const worker = startWorker(FOR_EVER);
      await messageOf(worker);
      await worker.terminate();
    }
    const worker = startWorker("parentPort.postMessage(follow());");
    expect(await messageOf(worker)).toEqual(expect.any(Number));
    await worker.terminate();
  });

  it("lets a process end while its threads are making masks", () => {
    const source = `
      import { Worker } from "node:worker_threads";
      const tables = Uint32Array.from(${JSON.stringify([...tables])});
      const text = Buffer.from(${JSON.stringify(text.toString())});
      const workerData = { url: ${JSON.stringify(url)}, tables, text };
      const workers = [0, 1].map(() => new Worker(${JSON.stringify(sourceOfWorker(FOR_EVER))}, { eval: true, workerData }));
      await Promise.all(workers.map((worker) =>
        new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))));
      console.log("following");
      process.exit(0);`;
    const { status, signal, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
      encoding: "utf8",
    });
    expect([status, signal, stdout]).toEqual([0, null, "following\n"]);
  });
});
