import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acquireLease, JobFile, jobFolder, leaseHolder, newJobId, openHome } from "../../src/jobs/index.js";
import { JOB_MIGRATIONS } from "../../src/jobs/jobTables.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { CompiledJobs } from "./child.js";
import { claimNext, enter, newFolder, newHome, newJobFile, submit } from "./fixture.js";

let compiled: CompiledJobs;
beforeAll(() => {
  compiled = new CompiledJobs();
});
afterAll(() => compiled[Symbol.dispose]());

test("two processes that claim from the same queue never get the same job", async () => {
  const home = newHome();
  const jobs = Array.from({ length: 200 }, () => submit(home));
  using lease = acquireLease(home.catalog)!;
  const args = [home.path, lease.token, String(lease.pid)];
  const claimers = [compiled.start("claimer", args), compiled.start("claimer", args)];
  for (const claimer of claimers) await claimer.line("ready");
  for (const claimer of claimers) claimer.process.stdin?.write("go\n");
  for (const claimer of claimers) await claimer.line("job-");
  for (const claimer of claimers) claimer.process.stdin?.end("go on\n");
  const taken = (await Promise.all(claimers.map((claimer) => claimer.end()))).map((lines) => lines.slice(1));
  expect(taken.flat().sort()).toEqual([...jobs].sort());
  // both had their part, or the test has shown nothing
  for (const part of taken) expect(part.length).toBeGreaterThan(0);
});

test("processes that fight for the lease do each job once", async () => {
  const home = newHome();
  const jobs = Array.from({ length: 60 }, () => submit(home));
  const rivals = [1, 2, 3].map(() => compiled.start("rival", [home.path]));
  for (const rival of rivals) await rival.line("ready");
  for (const rival of rivals) rival.process.stdin?.end("go\n");
  const done = (await Promise.all(rivals.map((rival) => rival.end()))).map((lines) => lines.slice(1));
  expect(done.flat().sort()).toEqual([...jobs].sort());
  expect(home.catalog.list({ status: ["SUCCEEDED"] })).toHaveLength(jobs.length);
});

test("a killed runner's lease and job are free at once", async () => {
  const home = newHome();
  const jobId = submit(home);
  const holder = compiled.start("holder", [home.path]);
  await holder.line(`holds ${jobId}`);
  expect(acquireLease(home.catalog)).toBeNull();
  expect(leaseHolder(home.catalog)?.pid).toBe(holder.process.pid);
  expect(home.catalog.get(jobId).runnerPid).toBe(holder.process.pid);
  await holder.kill();
  expect(leaseHolder(home.catalog)).toBeNull();
  using lease = acquireLease(home.catalog)!;
  expect(claimNext(home, lease)).toMatchObject({ jobId, runnerPid: process.pid });
});

test("a runner killed in mid-job, ten times at random moments, loses no row and does none twice", async () => {
  const home = newHome();
  const rows = 20_000;
  const { jobId, folder } = newJobFile(
    home,
    Array.from({ length: rows }, (_, index) => `row ${index}`),
  );
  let kept = -1;
  let kills = 0;
  for (let run = 0; run < 10; run++) {
    const runner = compiled.start("runner", [home.path, jobId, `run ${run}`]);
    await runner.line("kept", 1 + Math.floor(Math.random() * 30));
    await runner.kill();
    if (runner.lines.includes("done")) break;
    kills++;
    kept = Math.max(kept, ...runner.lines.flatMap((line) => line.match(/^kept (\d+)/)?.[1] ?? []).map(Number));

    const db = new Sqlite(join(folder, "job.db"), { migrations: JOB_MIGRATIONS, synchronous: "full" });
    expect(db.get("PRAGMA integrity_check")?.integrity_check).toBe("ok");
    db.close();
    using job = JobFile.open(home, jobId);
    // whatever a killed runner had reported as kept is there
    expect(job.pendingRows(-1, 1)[0]?.index ?? rows).toBeGreaterThan(kept);
  }
  // a machine so fast that it ends before would have tested nothing
  expect(kills).toBeGreaterThanOrEqual(5);

  expect(await compiled.start("runner", [home.path, jobId, "last run"]).end()).toContain("done");
  using job = JobFile.open(home, jobId);
  const counts = { inputTokens: 3 * rows, sharedTokens: 0, outputTokens: 2 * rows };
  expect(job.resultCounts()).toEqual({ rowsDone: rows, rowsFailed: 0, rowsCut: 0, ...counts });
  const indices = [];
  const runs = new Set<string | undefined>();
  for await (const batch of job.resultBatches(1000)) {
    indices.push(...batch.rows.map((row) => row.index));
    for (const row of batch.rows) runs.add(row.output?.split(":")[0]);
  }
  expect(indices).toEqual(Array.from({ length: rows }, (_, index) => index));
  expect(runs.size).toBeGreaterThan(5);
});

test("a killed submitter's half-made job was never visible and is moved aside when the home is opened again", async () => {
  const home = newHome();
  const jobId = newJobId();
  const submitter = compiled.start("submitter", [home.path, jobId]);
  await submitter.line("enough");
  expect(home.catalog.status(jobId)).toBe("UNKNOWN");
  await submitter.kill();
  expect(existsSync(jobFolder(home.path, jobId))).toBe(true);
  const said: string[] = [];
  openHome(home.path, { say: (line) => said.push(line) })[Symbol.dispose]();
  expect(existsSync(jobFolder(home.path, jobId))).toBe(false);
  expect(existsSync(join(home.path, "aside", jobId, "job.db"))).toBe(true);
  expect(said).toEqual([expect.stringContaining(`${jobId}: no whole job, never submitted or damaged; moved to`)]);
});

test("a killed submitter's finished job stays", async () => {
  const home = newHome();
  const jobId = newJobId();
  const submitter = compiled.start("submitter", [home.path, jobId]);
  await submitter.line("enough");
  enter(home, jobId);
  await submitter.kill();
  openHome(home.path)[Symbol.dispose]();
  expect(existsSync(jobFolder(home.path, jobId))).toBe(true);
});

test("processes that make the same home at the same moment all get it", async () => {
  for (let round = 0; round < 3; round++) {
    const path = join(newFolder(), "home");
    const openers = [1, 2, 3, 4].map(() => compiled.start("opener", [path]));
    for (const opener of openers) await opener.line("ready");
    for (const opener of openers) opener.process.stdin?.end("go\n");
    for (const opener of openers) expect(await opener.end()).toEqual(["ready", "0"]);
  }
});

test("a connection that met another process's lock works on when the lock is gone", () => {
  const path = join(newFolder(), "a.db");
  const options = {
    migrations: ["CREATE TABLE t (x INTEGER PRIMARY KEY)"],
    synchronous: "full",
    busyTimeoutMs: 10,
  } as const;
  const [a, b] = [new Sqlite(path, options), new Sqlite(path, options)];
  const insert = "INSERT INTO t VALUES (?)";
  a.exec("BEGIN IMMEDIATE");
  expect(() => b.run(insert, 1)).toThrow(expect.objectContaining({ code: "ROWMILL_STORE_BUSY" }));
  expect(() => b.transaction(() => b.run(insert, 1))).toThrow(expect.objectContaining({ code: "ROWMILL_STORE_BUSY" }));
  a.exec("COMMIT");
  b.transaction(() => b.run(insert, 2));
  expect(a.get("SELECT count(*) AS n FROM t")?.n).toBe(1);
  a.close();
  b.close();
});
