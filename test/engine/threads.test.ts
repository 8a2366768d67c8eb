import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";

const PROGRAM = fileURLToPath(new URL("engineThreads.mjs", import.meta.url));
const canSeeMappings = existsSync("/proc/self/maps");
if (!canSeeMappings) console.log("whether a model's memory is freed was not tested: it takes Linux to see it");

interface Answer {
  readonly texts?: readonly string[];
  readonly ended?: number | string;
  readonly isMapped?: boolean;
}

/** A process with worker threads that share a model. */
class Threads {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(modelPath: string) {
    this.#child = spawn(process.execPath, [PROGRAM, modelPath], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(order: string, details: object = {}): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify({ order, ...details })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the process ended at the order ${order}`);
    return JSON.parse(value);
  }

  /** @returns how the process ended: [0, null] where all went well */
  async close(): Promise<unknown[]> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    return this.#child.exitCode === null && this.#child.signalCode === null
      ? await ended
      : [this.#child.exitCode, this.#child.signalCode];
  }
}

let folder: string;
let modelPath: string;
let threads: Threads;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-threads-"));
  // a copy, so that its mapping is this test's
  modelPath = join(folder, "model.gguf");
  copyFileSync(embeddedModelPath("starter"), modelPath);
  threads = new Threads(modelPath);
});
afterEach(async () => {
  // also after a test that has failed
  await threads.close();
  rmSync(folder, { recursive: true, force: true });
});

const expectMapped = async (isMapped: boolean) => {
  if (canSeeMappings) expect(await threads.ask("isMapped")).toEqual({ isMapped });
};

describe("worker threads that share a model", () => {
  it.each([
    ["is terminated in the middle of a step", { ending: "none", rows: 1 }],
    ["ends itself in the middle of a step", { ending: "exit", rows: 5 }],
    ["throws in the middle of a step", { ending: "throw", rows: 5 }],
  ])("go on where one %s, and the last one frees it", async (_, ending) => {
    await threads.ask("start", { name: "stays" });
    const { texts: before } = await threads.ask("texts", { name: "stays" });
    await threads.ask("start", { name: "dies", ...ending });
    const { texts } = await threads.ask("texts", { name: "dies" });
    expect(texts).toEqual(before);
    if (ending.ending === "none") expect(await threads.ask("terminate", { name: "dies" })).toEqual({ ended: 1 });
    else
      expect((await threads.ask("end", { name: "dies" })).ended).toBe(
        ending.ending === "exit" ? 3 : "thrown in the middle of a step",
      );
    await expectMapped(true);
    const { texts: after } = await threads.ask("texts", { name: "stays", count: 3 });
    expect(after).toEqual([before, before, before].flat());
    await threads.ask("terminate", { name: "stays" });
    await expectMapped(false);
    expect(await threads.ask("here")).toEqual({ texts: before });
    await expectMapped(false);
    expect(await threads.close()).toEqual([0, null]);
  });

  it("may die one after the other at any moment", async () => {
    for (let round = 0; round < 8; round++) {
      const names = ["one", "other"].slice(round % 2);
      for (const name of names) await threads.ask("start", { name, threads: 1 + (round % 2) });
      // from before the model is loaded to the middle of some row
      for (const name of names) await threads.ask("texts", { name, count: round >> 1 });
      for (const name of names) await threads.ask("terminate", { name });
      await expectMapped(false);
    }
    expect(await threads.close()).toEqual([0, null]);
  });

  it("leave llama.cpp nobody to call who is gone", async () => {
    // the main thread has loaded nothing: with this thread both addons lose their last user
    await threads.ask("start", { name: "first" });
    await threads.ask("texts", { name: "first" });
    await threads.ask("terminate", { name: "first" });
    const damaged = join(folder, "damaged.gguf");
    writeFileSync(damaged, "GGUF and nothing else");
    for (const engine of ["node-llama-cpp", "native"]) {
      await threads.ask("start", { name: engine, engine, path: damaged });
      expect((await threads.ask("end", { name: engine })).ended).toMatch(/^llama\.cpp can't load /);
    }
    await threads.ask("start", { name: "last", ending: "done" });
    expect(await threads.ask("end", { name: "last" })).toEqual({ ended: 0 });
    expect(await threads.close()).toEqual([0, null]);
  });

  it("may be in a step when the process is told to leave", async () => {
    await threads.ask("start", { name: "one", threads: 2 });
    await threads.ask("start", { name: "other" });
    for (const name of ["one", "other"]) await threads.ask("texts", { name });
    await expect(threads.ask("leave")).rejects.toThrow("the process ended at the order leave");
    expect(await threads.close()).toEqual([0, null]);
  });
});
