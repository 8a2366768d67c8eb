import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { Rowmill } from "rowmill";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SmallDisk } from "../../bench/faults/smallDisk.js";
import { diskTrouble, JobFile, jobFolder, leaseHolder, openHome, PassingError } from "../../src/jobs/index.js";
import { removedFolder } from "../../src/jobs/layout.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { ownIdentity } from "../../src/processIdentity.js";
import { CompiledJobs } from "../jobs/child.js";
import { newJobFile, result } from "../jobs/fixture.js";
import { TICKET_PROMPT, temporaryFolder, tickets } from "../rowmill/fixture.js";

/** Only a hang ends a wait. */
const ASK = { timeout: 1_000_000, interval: 50 };
const labelling = {
  ...{
    model: "starter",
    systemPrompt: TICKET_PROMPT,
    samplingParams: { maxTokens: 8 },
    workers: 1,
    threads: 1,
    slots: 1,
  },
  stayAttached: false,
} as const;

function smallDisk(options: string): SmallDisk | null {
  const disk = SmallDisk.mount(options);
  if (disk !== null) onTestFinished(() => disk[Symbol.dispose]());
  return disk;
}
const probe = SmallDisk.mount("size=1m");
probe?.[Symbol.dispose]();
const canMount = probe !== null;

/** Slow enough on one slot to be met in its middle, and not too long beside load. */
const ROWS = 150;

/** A job in its middle: at least one row is done. */
async function jobAtWork(home: string, runner: "process" | "in-process") {
  const mill = new Rowmill({ home, runner, output: null });
  onTestFinished(() => mill.close());
  const jobId = await mill.infer(tickets(ROWS), labelling);
  for await (const { rowsDone } of mill.progress(jobId)) if (rowsDone > 0) break;
  return { mill, jobId };
}

async function expectWhole(mill: Rowmill, jobId: string) {
  await vi.waitUntil(async () => !["STARTING", "RUNNING", "QUEUED"].includes(await mill.getJobStatus(jobId)), ASK);
  expect(await mill.getJob(jobId)).toMatchObject({ status: "SUCCEEDED", rowsDone: ROWS, rowsFailed: 0 });
  const results = await mill.getJobResults<Record<string, string>>(jobId, { includeInputs: true });
  expect(results.map(({ input }) => input)).toEqual(tickets(ROWS));
  expect(results.every(({ inference_result: output }) => typeof output === "string")).toBe(true);
}

describe.skipIf(!canMount)("on a small disk", () => {
  it("what keeps it from being written is told apart", () => {
    const disk = smallDisk("size=1m,nr_inodes=20") as SmallDisk;
    expect(diskTrouble(disk.path)).toBeNull();
    disk.fill();
    expect(diskTrouble(disk.path)).toBe("space");
    disk.free();
    disk.fillInodes();
    expect(diskTrouble(disk.path)).toBe("inodes");
    disk.free();
    execFileSync("mount", ["-o", "remount,ro", disk.path]);
    expect(diskTrouble(disk.path)).toBe("read-only");
    execFileSync("mount", ["-o", "remount,rw", disk.path]);
    expect(diskTrouble(disk.path)).toBeNull();
    expect(readdirSync(disk.path)).toEqual([]);
  });

  it("a store that finds it full says what to wait for, and works on when there is room", () => {
    const disk = smallDisk("size=1m") as SmallDisk;
    const open = () => new Sqlite(join(disk.path, "a.db"), { migrations: ["CREATE TABLE t (x)"], synchronous: "full" });
    const db = open();
    disk.fill();
    const insert = () => db.run("INSERT INTO t VALUES (randomblob(100000))");
    expect(insert).toThrow(expect.objectContaining({ code: "ROWMILL_DISK_FULL", waitsFor: `space on ${disk.path}` }));
    disk.free();
    expect(insert()).toBe(1);
    db.close();
  });

  it("a store that finds it read-only says what to wait for", () => {
    const disk = smallDisk("size=1m") as SmallDisk;
    execFileSync("mount", ["-o", "remount,ro", disk.path]);
    expect(() => new Sqlite(join(disk.path, "a.db"), { migrations: [], synchronous: "full" })).toThrow(
      expect.objectContaining({ code: "ROWMILL_DISK_READ_ONLY", waitsFor: expect.stringContaining(disk.path) }),
    );
  });

  it("results that find no room are kept whole, and written when there is", () => {
    const disk = smallDisk("size=2m") as SmallDisk;
    const home = openHome(join(disk.path, "home"));
    onTestFinished(() => home[Symbol.dispose]());
    const prompts = Array.from({ length: 100 }, (_, at) => `row ${at}`);
    newJobFile(home, prompts).close();
    const [jobId] = readdirSync(join(home.path, "jobs")) as [string];
    using file = JobFile.open(home, jobId);
    disk.fill();
    const results = prompts.map((_, at) => result(at, "x".repeat(5000)));
    expect(() => file.appendResults(results)).toThrow(PassingError);
    expect(file.resultCounts().rowsDone).toBe(0);
    disk.free();
    expect(file.appendResults(results)).toEqual({ stored: 100, duplicates: 0 });
  });

  it("a job can be removed from a full disk, and a removal that was cut short keeps nobody from the home", async () => {
    const disk = smallDisk("size=4m") as SmallDisk;
    const path = join(disk.path, "home");
    // another process's: this one would keep what it deletes open, until it collects what it no longer uses
    using compiled = new CompiledJobs();
    const [first, second] = (await compiled.start("canceller", [path, "500000"]).end()) as [string, string];
    disk.fill();
    {
      using home = openHome(path);
      home.catalog.remove(first);
      expect(home.catalog.list().map(({ jobId }) => jobId)).toEqual([second]);
    }
    disk.fill();
    renameSync(jobFolder(path, second), removedFolder(path, second));
    using home = openHome(path);
    expect(home.catalog.list()).toEqual([]);
    expect(readdirSync(join(path, "jobs"))).toEqual([]);
  });

  it("a submission that finds no room is refused in one line, and leaves nothing", async () => {
    const disk = smallDisk("size=3m") as SmallDisk;
    const home = join(disk.path, "home");
    await using mill = new Rowmill({ home, runner: "in-process", output: null });
    const rows = tickets(2000).map((ticket) => ticket.repeat(20));
    await expect(mill.infer(rows, labelling)).rejects.toMatchObject({
      code: "ROWMILL_DISK_FULL",
      message: expect.stringMatching(/^the disk is full: \S+ can't grow; free some space and run it again$/),
    });
    expect(await mill.listJobs()).toEqual([]);
    expect(readdirSync(join(home, "jobs"))).toEqual([]);
  });

  it.each(["process", "in-process"] as const)(
    "a job that finds it full in its middle says so, waits, and ends whole (%s)",
    async (runner) => {
      const disk = smallDisk("size=16m") as SmallDisk;
      const { mill, jobId } = await jobAtWork(join(disk.path, "home"), runner);
      const { runnerPid } = await mill.getJob(jobId);
      // what a copied log leaves free in its file is taken too
      const fill = setInterval(() => disk.fill(), 10);
      await vi.waitUntil(async () => (await mill.getJob(jobId)).waitingFor === `space on ${disk.path}`, ASK);
      expect((await mill.doctor()).waiting).toEqual([`${jobId} is waiting for space on ${disk.path}`]);
      for await (const { waitingFor } of mill.progress(jobId)) {
        expect(waitingFor).toBe(`space on ${disk.path}`);
        break;
      }
      expect(await mill.getJob(jobId)).toMatchObject({ status: "RUNNING", runnerPid });
      clearInterval(fill);
      disk.free();
      await expectWhole(mill, jobId);
      if (runner === "process" && runnerPid !== null) process.kill(runnerPid, "SIGTERM");
    },
  );
});

it.each(["job.db", "catalog.db"])("a lock on %s holds up no heartbeat, and the job goes on after it", async (name) => {
  const home = temporaryFolder();
  const { mill, jobId } = await jobAtWork(home, "in-process");
  const looking = openHome(home);
  onTestFinished(() => looking[Symbol.dispose]());
  const held = new DatabaseSync(name === "job.db" ? join(home, "jobs", jobId, name) : join(home, name));
  held.exec("BEGIN EXCLUSIVE");
  const before = leaseHolder(looking.catalog);
  if (name === "job.db") {
    await vi.waitUntil(async () => (await mill.getJob(jobId)).waitingFor?.endsWith(name), ASK);
    const first = leaseHolder(looking.catalog)?.heartbeatMs ?? 0;
    await vi.waitUntil(() => (leaseHolder(looking.catalog)?.heartbeatMs ?? 0) > first, ASK);
  } else {
    // longer than any statement waits for a lock
    await vi.waitUntil(() => Date.now() - (before?.heartbeatMs ?? 0) > 12_000, ASK);
  }
  held.close();
  expect(leaseHolder(looking.catalog)?.token).toBe(before?.token);
  await expectWhole(mill, jobId);
});

it("a runner whose lease was taken ends by itself, and its job goes on with the next", async () => {
  const home = temporaryFolder();
  const { mill, jobId } = await jobAtWork(home, "process");
  const { runnerPid } = await mill.getJob(jobId);
  const catalog = new DatabaseSync(join(home, "catalog.db"), { timeout: 10_000 });
  // by one that is seen to run: the lease of one that is gone the runner would take again
  catalog.prepare("UPDATE lease SET token = 'another', pid = ?, started = ?").run(process.pid, ownIdentity().started);
  await vi.waitUntil(() => !existsSync(`/proc/${runnerPid}`), ASK);
  catalog.exec("DELETE FROM lease");
  catalog.close();
  await expectWhole(mill, jobId);
  const next = (await mill.doctor()).runnerPid;
  expect(next).not.toBe(runnerPid);
  if (next !== null) process.kill(next, "SIGTERM");
});
