import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadAddon } from "../../src/addon.js";
import { COUNT_NAMES, countsOf, NO_COUNTS } from "../../src/progress/counts.js";
import { attachCounters, type CounterPage, openCounters, openLane } from "../../src/progress/index.js";
import { builtUrl } from "../builtUrl.js";
import { canTest } from "../wanted.js";
import { temporaryFolder } from "./temporary.js";

const folder = temporaryFolder();
const run = promisify(execFile);
const progressUrl = builtUrl("progress/index.js");
let pages = 0;
const newPath = () => join(folder, `page${++pages}`);

const hasAddon = canTest("addon", loadAddon().native !== null, `tests of the page in a file (${loadAddon().reason})`);

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Lets `threads` worker threads add to lanes of their own, all at once, and waits for them. */
async function addFromThreads(page: CounterPage, threads: number, adds: number): Promise<void> {
  const code = `
    const { workerData } = require("node:worker_threads");
    import(workerData.url).then(({ openLane }) => {
      const lane = openLane(workerData.handle, workerData.worker);
      for (let add = 0; add < workerData.adds; add++) {
        lane.add("inputTokens", 7);
        lane.add("outputTokens", 2);
        if (add % 10 === 0) lane.add("rowsFailed", 1); else lane.add("rowsDone", 1);
      }
    });`;
  const ends = Array.from({ length: threads }, (_, worker) => {
    const workerData = { url: progressUrl, handle: page.handle(), worker, adds };
    return once(new Worker(code, { eval: true, workerData }), "exit");
  });
  await Promise.all(ends);
}

/** Runs a program with the progress part imported as `progress`; its last line of output is JSON. */
async function runNode(body: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const program = `const progress = await import(${JSON.stringify(progressUrl)}); ${body}`;
  const args = ["--input-type=module", "-e", program];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "null");
}

/** Adds another number to each count. */
function addToEach(page: CounterPage): void {
  for (const [place, name] of COUNT_NAMES.entries()) page.lane(0).add(name, 1 + place);
}
const EACH = countsOf((_, place) => 1 + place);

describe.skipIf(!hasAddon)("a page in a file", () => {
  it("has its counts in the order in which C++ has them", () => {
    expect(loadAddon().native?.countNames).toEqual(COUNT_NAMES);
  });

  it("keeps each count apart from the others", () => {
    using page = openCounters(newPath(), { workers: 1, rowsTotal: 1, base: EACH });
    addToEach(page);
    expect(page.read()).toEqual(countsOf((_, place) => 2 * (1 + place)));
  });

  it("adds up exactly what several threads add at once", async () => {
    using page = openCounters(newPath(), { workers: 4, rowsTotal: 1 });
    await addFromThreads(page, 4, 20_000);
    expect(page.kind).toBe("file");
    expect(page.read()).toEqual({
      ...NO_COUNTS,
      rowsDone: 72_000,
      rowsFailed: 8_000,
      inputTokens: 560_000,
      outputTokens: 160_000,
    });
  });

  it("shows another process what is added here, while it is added", async () => {
    const path = newPath();
    using page = openCounters(path, { workers: 2, rowsTotal: 10 });
    page.setNote("waiting for space on /data");
    const seen = runNode(`
      const page = progress.attachCounters(${JSON.stringify(path)});
      while (page.read().inputTokens < 42) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(JSON.stringify({ ...page.read(), rowsTotal: page.rowsTotal, workers: page.workers, note: page.note() }));`);
    page.lane(0).add("inputTokens", 30);
    page.lane(1).add("inputTokens", 12);
    page.lane(1).add("rowsDone", 1);
    expect(await seen).toEqual({
      ...NO_COUNTS,
      rowsDone: 1,
      inputTokens: 42,
      rowsTotal: 10,
      workers: 2,
      note: "waiting for space on /data",
    });
  });

  it("keeps what a process had written when it was killed", async () => {
    const path = newPath();
    const program = `
      const { readFileSync } = await import("node:fs");
      const progress = await import(${JSON.stringify(progressUrl)});
      const page = progress.openCounters(${JSON.stringify(path)}, { workers: 1, rowsTotal: 5 });
      const before = readFileSync(${JSON.stringify(path)});
      page.lane(0).add("outputTokens", 99);
      while (readFileSync(${JSON.stringify(path)}).equals(before)) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log("written");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    using page = attachCounters(path);
    expect(page?.read().outputTokens).toBe(99);
  });

  it("starts from the counts that the job already has, also for who read it before", () => {
    const path = newPath();
    const base = { ...NO_COUNTS, rowsDone: 5, rowsFailed: 1, inputTokens: 50, outputTokens: 20 };
    using first = openCounters(path, { workers: 1, rowsTotal: 10 });
    first.lane(0).add("rowsDone", 1);
    using watcher = attachCounters(path);
    using second = openCounters(path, { workers: 3, rowsTotal: 10, base });
    second.lane(2).add("rowsDone", 1);
    expect(second.read()).toEqual({ ...base, rowsDone: 6 });
    expect(watcher?.read()).toEqual({ ...base, rowsDone: 6 });
  });

  it("gives samples to a watcher in another process until that closes it", async () => {
    const path = newPath();
    using page = openCounters(path, { workers: 1, rowsTotal: 10 });
    page.lane(0).add("inputTokens", 11);
    const seen = await runNode(`
      const page = progress.attachCounters(${JSON.stringify(path)});
      const hold = setInterval(() => {}, 1000);
      let samples = 0;
      const watch = page.watch(1, (counts) => {
        if (++samples < 3) return;
        watch[Symbol.dispose]();
        watch[Symbol.dispose]();
        setTimeout(() => { clearInterval(hold); console.log(JSON.stringify({ samples, ...counts })); }, 50);
      }, (error) => { throw error; });`);
    expect(seen).toEqual({ ...NO_COUNTS, samples: 3, inputTokens: 11 });
  });

  it("does not keep a process alive that never closes its watch", async () => {
    const body = (end: string) => `
      const page = progress.openCounters(${JSON.stringify(newPath())}, { workers: 1, rowsTotal: 1 });
      page.watch(1, () => {}, () => {});
      console.log(JSON.stringify(await new Promise((resolve) => setTimeout(resolve, 30, "watched"))));
      ${end}`;
    expect(await runNode(body(""))).toBe("watched");
    expect(await runNode(body("process.exit(0);"))).toBe("watched");
  });

  it("lets a thread be terminated in the middle of being called", async () => {
    using page = openCounters(newPath(), { workers: 1, rowsTotal: 1 });
    const path = JSON.stringify(page.handle());
    const seen = await runNode(`
      const { Worker } = await import("node:worker_threads");
      const code = \`import(\${JSON.stringify(${JSON.stringify(progressUrl)})}).then((progress) => {
        const page = progress.attachCounters(${path}.path);
        for (let i = 0; i < 5; i++) page.watch(1, () => {}, () => {});
        const last = page.watch(1, () => require("node:worker_threads").parentPort.postMessage("called"), () => {});
        setInterval(() => {}, 1000);
      })\`;
      let ended = 0;
      for (let round = 0; round < 20; round++) {
        const worker = new Worker(code, { eval: true, execArgv: [] });
        await new Promise((resolve) => worker.once("message", resolve));
        await worker.terminate();
        ended++;
      }
      console.log(ended);`);
    expect(seen).toBe(20);
  });

  it("leaves what a watcher throws uncaught, like any callback of Node's", async () => {
    const seen = await runNode(`
      const page = progress.openCounters(${JSON.stringify(newPath())}, { workers: 1, rowsTotal: 1 });
      process.once("uncaughtException", (error) => { console.log(JSON.stringify(error.message)); process.exit(0); });
      page.watch(1, () => { throw new Error("mine"); }, () => {});
      setInterval(() => {}, 1000);`);
    expect(seen).toBe("mine");
  });

  it("ends neither who counts nor who watches when its file is cut again and again, and is mended", async () => {
    const path = newPath();
    using page = openCounters(path, { workers: 1, rowsTotal: 1 });
    const lane = page.lane(0);
    const watcher = runNode(`
      const attach = () => { try { return progress.attachCounters(${JSON.stringify(path)}); } catch { return null; } };
      let errors = 0;
      let rows = 0;
      const watch = () => {
        const page = attach();
        if (page === null) return setTimeout(watch, 1);
        page.watch(1, (counts) => {
          rows = counts.rowsDone;
          if (rows === 50) { console.log(JSON.stringify({ errors, rows })); process.exit(0); }
        }, (error) => { if (error.code === "ROWMILL_BAD_COUNTERS") errors++; page.close(); setTimeout(watch, 1); });
      };
      watch();
      setInterval(() => {}, 1000);`);
    for (let cut = 0; cut < 50; cut++) {
      truncateSync(path, [0, 100, 300][cut % 3]);
      lane.add("rowsDone", 1);
      expect(page.read().rowsDone).toBe(cut + 1);
      await sleep(5);
    }
    expect(await watcher).toEqual({ errors: expect.any(Number), rows: 50 });
  });

  it("tells a watcher once when its file was cut and nobody mends it", async () => {
    const path = newPath();
    openCounters(path, { workers: 1, rowsTotal: 1 }).close();
    using page = attachCounters(path) as CounterPage;
    const error = await new Promise<Error>((resolve) => {
      page.watch(1, () => truncateSync(path, 100), resolve);
    });
    expect(error).toMatchObject({ code: "ROWMILL_BAD_COUNTERS" });
    expect(() => page.read()).toThrow(/cut off/);
  });

  it("is not there before it is made, and an error when the file is something else", () => {
    const path = newPath();
    expect(attachCounters(path)).toBeNull();
    writeFileSync(path, "");
    expect(attachCounters(path)).toBeNull();
    writeFileSync(path, "id,text\n1,hello\n".repeat(1000));
    expect(() => attachCounters(path)).toThrow(expect.objectContaining({ code: "ROWMILL_BAD_COUNTERS" }));
  });

  it("that can't be made is replaced by memory, and the file in its place is left alone", () => {
    const path = newPath();
    writeFileSync(path, "somebody's notes");
    using page = openCounters(path, { workers: 1, rowsTotal: 1 });
    page.lane(0).add("rowsDone", 1);
    expect(page.kind).toBe("shared");
    expect(page.reason).toMatch(/something else/);
    expect(page.read().rowsDone).toBe(1);
    rmSync(path);
    using elsewhere = openCounters(join(folder, "no/such/folder"), { workers: 1, rowsTotal: 1 });
    expect(elsewhere.kind).toBe("shared");
  });

  it("refuses lanes that it does not have, and being read when closed", () => {
    const page = openCounters(newPath(), { workers: 2, rowsTotal: 1 });
    for (const worker of [-1, 2, 0.5, Number.NaN]) {
      expect(() => page.lane(worker)).toThrow(RangeError);
      expect(() => openLane(page.handle(), worker)).toThrow(RangeError);
    }
    page.close();
    page.close();
    expect(() => page.read()).toThrow(/closed/);
  });
});

describe("without the addon", () => {
  it("a page keeps each count apart from the others", () => {
    vi.stubEnv("ROWMILL_NO_ADDON", "1");
    using page = openCounters(newPath(), { workers: 2, rowsTotal: 1, base: EACH });
    addToEach(page);
    expect(page.read()).toEqual(countsOf((_, place) => 2 * (1 + place)));
  });

  it("threads of this process still add up exactly", async () => {
    vi.stubEnv("ROWMILL_NO_ADDON", "1");
    using page = openCounters(newPath(), { workers: 3, rowsTotal: 1 });
    await addFromThreads(page, 3, 5_000);
    expect(page.kind).toBe("shared");
    expect(page.reason).toMatch(/ROWMILL_NO_ADDON/);
    expect(page.read()).toEqual({
      ...NO_COUNTS,
      rowsDone: 13_500,
      rowsFailed: 1_500,
      inputTokens: 105_000,
      outputTokens: 30_000,
    });
  });

  it("the page is found by its path in this process and not in another", async () => {
    vi.stubEnv("ROWMILL_NO_ADDON", "1");
    const path = newPath();
    const base = { ...NO_COUNTS, rowsDone: 2, rowsFailed: 0, inputTokens: 8, outputTokens: 4 };
    const owner = openCounters(path, { workers: 1, rowsTotal: 3, base });
    owner.lane(0).add("rowsDone", 1);
    using attached = attachCounters(path);
    expect(attached?.read()).toEqual({ ...base, rowsDone: 3 });
    const elsewhere = `console.log(JSON.stringify(progress.attachCounters(${JSON.stringify(path)})));`;
    expect(await runNode(elsewhere, { ROWMILL_NO_ADDON: "1" })).toBeNull();
    owner.close();
    expect(attachCounters(path)).toBeNull();
  });

  it("refuses lanes that it does not have", () => {
    vi.stubEnv("ROWMILL_NO_ADDON", "1");
    using page = openCounters(newPath(), { workers: 2, rowsTotal: 1 });
    for (const worker of [-1, 2, 0.5]) expect(() => page.lane(worker)).toThrow(RangeError);
  });
});

it.each([0, -1, 1.5, 5000])("a page for %d workers is refused", (workers) => {
  expect(() => openCounters(newPath(), { workers, rowsTotal: 1 })).toThrow(RangeError);
});
