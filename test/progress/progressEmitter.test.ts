import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NO_COUNTS } from "../../src/progress/counts.js";
import { openCounters, type Progress, ProgressEmitter, type WatchedJob } from "../../src/progress/index.js";
import { builtUrl } from "../builtUrl.js";
import { temporaryFolder } from "./temporary.js";

const folder = temporaryFolder();

/** A job whose record the test changes as a runner would. */
function fakeJob(changes: Partial<WatchedJob> = {}) {
  const job = {
    jobId: "job-1",
    status: "RUNNING",
    rowsTotal: 1000,
    waitingFor: null as string | null,
    runSeconds: 0,
    rowsDone: 0,
    rowsFailed: 0,
    inputTokens: 0,
    outputTokens: 0,
    ...changes,
  };
  return { job, feed: { job: () => ({ ...job }) } };
}

async function collect(emitter: AsyncIterable<Progress>): Promise<Progress[]> {
  const all: Progress[] = [];
  for await (const snapshot of emitter) all.push(snapshot);
  return all;
}

// Time is the fake here: what is measured is what the clock says.
describe("a progress emitter", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv("ROWMILL_NO_ADDON", "1");
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it("tells rates over the last ten seconds and the time that remains", async () => {
    const { job, feed } = fakeJob();
    using emitter = new ProgressEmitter(feed);
    emitter.on("progress", () => {});
    const runSeconds = async (seconds: number, rowsPerSecond: number) => {
      for (let second = 0; second < seconds; second++) {
        job.rowsDone += rowsPerSecond;
        job.inputTokens += 10 * rowsPerSecond;
        job.outputTokens += 2 * rowsPerSecond;
        job.runSeconds++;
        await vi.advanceTimersByTimeAsync(1000);
      }
    };
    await runSeconds(30, 2);
    await runSeconds(12, 20);
    expect(emitter.latest).toMatchObject({ jobId: "job-1", status: "RUNNING", rowsTotal: 1000 });
    // what its runner has counted, and what has passed since
    expect(emitter.latest?.elapsedSeconds).toBeCloseTo(42.75, 5);
    expect(emitter.latest?.rowsDone).toBe(300);
    expect(emitter.latest?.rowsPerSecond).toBeCloseTo(20, 0);
    expect(emitter.latest?.tokensPerSecond).toBeCloseTo(240, -1);
    expect(emitter.latest?.remainingSeconds).toBeCloseTo(35, 0);
  });

  it("knows no remaining time before the first row, and does not count the time before the first token", async () => {
    const { job, feed } = fakeJob({ status: "STARTING" });
    using emitter = new ProgressEmitter(feed);
    emitter.on("progress", () => {});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(emitter.latest).toMatchObject({ status: "STARTING", remainingSeconds: null, tokensPerSecond: 0 });
    job.status = "RUNNING";
    for (let step = 0; step < 10; step++) {
      job.rowsDone += 5;
      job.inputTokens += 100;
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(emitter.latest?.rowsPerSecond).toBeCloseTo(20, 5);
    expect(emitter.latest?.tokensPerSecond).toBeCloseTo(400, 5);
  });

  it("tells the remaining time of rows that take longer than the window", async () => {
    const { job, feed } = fakeJob({ rowsTotal: 10 });
    using emitter = new ProgressEmitter(feed);
    emitter.on("progress", () => {});
    for (let second = 1; second <= 100; second++) {
      job.outputTokens += 5;
      if (second % 20 === 0) job.rowsDone++;
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(emitter.latest?.rowsDone).toBe(5);
    expect(emitter.latest?.remainingSeconds).toBeGreaterThan(85);
    expect(emitter.latest?.remainingSeconds).toBeLessThan(115);
  });

  it("starts its rates anew when a job goes on from earlier counts", async () => {
    const { job, feed } = fakeJob({ rowsDone: 500, inputTokens: 9000 });
    using emitter = new ProgressEmitter(feed);
    emitter.on("progress", () => {});
    await vi.advanceTimersByTimeAsync(1000);
    Object.assign(job, { rowsDone: 400, inputTokens: 8000 });
    await vi.advanceTimersByTimeAsync(250);
    expect(emitter.latest).toMatchObject({ rowsDone: 400, rowsPerSecond: 0, tokensPerSecond: 0 });
  });

  it("samples the counters ten times a second between two looks at the job", async () => {
    const path = join(folder, "sampled");
    using owner = openCounters(path, { workers: 1, rowsTotal: 1000 });
    const { feed } = fakeJob();
    using emitter = new ProgressEmitter({ ...feed, page: () => owner });
    const seen: number[] = [];
    emitter.on("progress", (snapshot) => seen.push(snapshot.outputTokens));
    await vi.advanceTimersByTimeAsync(0);
    const lane = owner.lane(0);
    for (let step = 0; step < 10; step++) {
      lane.add("outputTokens", 1);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect([...new Set(seen)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("finds counters that appear later, and does not believe those of an earlier run", async () => {
    const path = join(folder, "later");
    const { job, feed } = fakeJob({ status: "QUEUED", rowsDone: 40 });
    let isThere = false;
    using owner = openCounters(path, { workers: 1, rowsTotal: 1000 });
    using emitter = new ProgressEmitter({ ...feed, page: () => (isThere ? owner : null) });
    emitter.on("progress", () => {});
    await vi.advanceTimersByTimeAsync(1000);
    isThere = true;
    job.status = "RUNNING";
    owner.lane(0).add("rowsDone", 1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(emitter.latest).toMatchObject({ status: "RUNNING", rowsDone: 40 });
    for (let row = 0; row < 50; row++) owner.lane(0).add("rowsDone", 1);
    await vi.advanceTimersByTimeAsync(100);
    expect(emitter.latest?.rowsDone).toBe(51);
  });

  it("goes on with the catalogue's counts when the counters can't be read", async () => {
    const { job, feed } = fakeJob();
    using emitter = new ProgressEmitter({
      ...feed,
      page: () => {
        throw new Error("damaged");
      },
    });
    emitter.on("progress", () => {});
    job.rowsDone = 7;
    await vi.advanceTimersByTimeAsync(300);
    expect(emitter.latest?.rowsDone).toBe(7);
  });

  it("takes the page's word for a count that the record does not keep, to the end", async () => {
    const { job } = fakeJob();
    const record = () => {
      const { outputTokens: _, ...kept } = job;
      return kept;
    };
    using owner = openCounters(join(folder, "own"), { workers: 1, rowsTotal: 1000 });
    using emitter = new ProgressEmitter({ job: record, page: () => owner });
    emitter.on("progress", () => {});
    await vi.advanceTimersByTimeAsync(0);
    owner.lane(0).add("outputTokens", 7);
    await vi.advanceTimersByTimeAsync(300);
    expect(emitter.latest).toMatchObject({ status: "RUNNING", outputTokens: 7 });
    job.status = "SUCCEEDED";
    await vi.advanceTimersByTimeAsync(300);
    expect(emitter.latest).toMatchObject({ status: "SUCCEEDED", outputTokens: 7 });
  });

  it("gives everybody the last snapshot, with the whole job's rates, however slow they are", async () => {
    const { job, feed } = fakeJob();
    const emitter = new ProgressEmitter(feed);
    const ends: Progress[] = [];
    emitter.on("end", (last) => ends.push(last));
    const quick = collect(emitter);
    const slow = emitter[Symbol.asyncIterator]();
    const first = slow.next();
    await vi.advanceTimersByTimeAsync(2000);
    expect((await first).value).toMatchObject({ status: "RUNNING" });
    Object.assign(job, {
      status: "SUCCEEDED",
      rowsDone: 990,
      rowsFailed: 10,
      inputTokens: 3000,
      outputTokens: 1000,
      runSeconds: 4,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    const last = {
      ...NO_COUNTS,
      jobId: "job-1",
      status: "SUCCEEDED",
      waitingFor: null,
      rowsTotal: 1000,
      rowsDone: 990,
      rowsFailed: 10,
      inputTokens: 3000,
      outputTokens: 1000,
      elapsedSeconds: 4,
      remainingSeconds: 0,
      rowsPerSecond: 250,
      tokensPerSecond: 1000,
    };
    expect(ends).toEqual([last]);
    expect((await quick).at(-1)).toEqual(last);
    expect((await quick).length).toBeGreaterThan(5);
    expect(await slow.next()).toEqual({ done: false, value: last });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(await collect(emitter)).toEqual([last]);
    expect(emitter.ended).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["SUCCEEDED", "FAILED", "CANCELLED"])("ends at once for a job that is %s already", async (status) => {
    const emitter = new ProgressEmitter(fakeJob({ status, rowsDone: 3 }).feed);
    const all = collect(emitter);
    await vi.advanceTimersByTimeAsync(0);
    expect(await all).toMatchObject([{ status, rowsDone: 3 }]);
  });

  it.each(["QUEUED", "STARTING", "RUNNING", "CANCELLING", "UNKNOWN"])("goes on while a job is %s", async (status) => {
    using emitter = new ProgressEmitter(fakeJob({ status }).feed);
    emitter.on("progress", () => {});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(emitter.ended).toBe(false);
  });

  it("stops when closed: iterators end, timers too, and no end is told", async () => {
    const emitter = new ProgressEmitter(fakeJob().feed);
    const onEnd = vi.fn();
    emitter.on("end", onEnd);
    const all = collect(emitter);
    await vi.advanceTimersByTimeAsync(1000);
    emitter.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await all).length).toBeGreaterThan(1);
    expect(onEnd).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets one iterator leave while another goes on", async () => {
    const { job, feed } = fakeJob();
    const emitter = new ProgressEmitter(feed);
    const whole = collect(emitter);
    const left = (async () => {
      for await (const snapshot of emitter) return snapshot;
      return null;
    })();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await left).toMatchObject({ status: "RUNNING" });
    job.status = "FAILED";
    await vi.advanceTimersByTimeAsync(1000);
    expect((await whole).at(-1)?.status).toBe("FAILED");
  });

  it("rejects its iterators and says so when the job can't be read any more", async () => {
    let isGone = false;
    const emitter = new ProgressEmitter({
      job: () => {
        if (isGone) throw new Error("no such job");
        return fakeJob().job;
      },
    });
    const onError = vi.fn();
    emitter.on("error", onError);
    const all = collect(emitter);
    const outcome = expect(all).rejects.toThrow("no such job");
    await vi.advanceTimersByTimeAsync(500);
    isGone = true;
    await vi.advanceTimersByTimeAsync(500);
    await outcome;
    expect(onError).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks nothing of anybody before somebody looks", async () => {
    const job = vi.fn(() => fakeJob().job);
    const emitter = new ProgressEmitter({ job });
    await vi.advanceTimersByTimeAsync(1000);
    expect(job).not.toHaveBeenCalled();
    emitter.close();
  });
});

describe("a process that made an emitter", () => {
  const url = builtUrl("progress/index.js");
  /** Runs a program in which `emitter` follows a job that ends after 20 looks at it. */
  async function runWith(body: string): Promise<string> {
    const program = `
      const { ProgressEmitter } = await import(${JSON.stringify(url)});
      let looks = 0;
      const job = { jobId: "j", rowsTotal: 5, waitingFor: null, runSeconds: 0,
        rowsDone: 0, rowsFailed: 0, inputTokens: 0, outputTokens: 0 };
      const emitter = new ProgressEmitter({ job: () => ({ ...job, status: ++looks < 8 ? "RUNNING" : "SUCCEEDED" }) });
      ${body}`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    return stdout.trim();
  }

  it("lives until the job's end for a listener", async () => {
    expect(await runWith(`emitter.on("end", (last) => console.log(last.status));`)).toBe("SUCCEEDED");
  });

  it("lives until the job's end for an iterator", async () => {
    expect(await runWith("for await (const p of emitter) if (p.status !== 'RUNNING') console.log(p.status);")).toBe(
      "SUCCEEDED",
    );
  });

  it("ends at once when nobody listens any more", async () => {
    const body = `
      const listener = () => { console.log("one"); emitter.off("progress", listener); };
      emitter.on("progress", listener);
      process.on("exit", () => console.log(looks < 8));`;
    expect(await runWith(body)).toBe("one\ntrue");
  });
});
