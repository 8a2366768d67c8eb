import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NEW_JOB_COLUMNS, newJobValues } from "../../src/jobs/catalogRow.js";
import { CATALOG_MIGRATIONS } from "../../src/jobs/catalogTables.js";
import { acquireLease, JobFile, jobFolder, LEASE_SEEN_LAPSE_MS, newJobId, openHome } from "../../src/jobs/index.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { claimNext, enter, FACTS, FakeClock, newFolder, newHome, SPEC, submit } from "./fixture.js";

test("a job of the first version has the options that it had no words for", () => {
  const home = newHome();
  const outputs = ["outputGrammar", "outputRegex", "outputChoices", "outputStyle", "labelProbabilities", "confidence"];
  const later = [...outputs, "schemaRetries", "columnOrder", "columnChoice"];
  const old = Object.fromEntries(Object.entries(SPEC).filter(([name]) => !later.includes(name)));
  const jobId = enter(home, newJobId(), old as unknown as typeof SPEC);
  expect(home.catalog.get(jobId)).toMatchObject(SPEC);
});

test("a job is read back as it was submitted", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const jobId = newJobId();
  const spec = {
    ...SPEC,
    name: "naïve \0 “name”",
    priority: 1 as const,
    columns: [{ name: "text", type: "string" as const }],
  };
  enter(home, jobId, spec);
  expect(home.catalog.get(jobId)).toEqual({
    ...spec,
    ...FACTS,
    jobId,
    status: "QUEUED",
    failure: null,
    failures: [],
    createdAt: "2026-01-02T03:04:05.000Z",
    startedAt: null,
    finishedAt: null,
    runSeconds: 0,
    runnerPid: null,
    rowsDone: 0,
    rowsFailed: 0,
    rowsCut: 0,
    inputTokens: 0,
    sharedTokens: 0,
    outputTokens: 0,
    plan: null,
  });
});

test("several jobs are entered all or none", () => {
  const home = newHome();
  const [a, b] = ["job-a", "job-b"].map((jobId) => ({
    jobId,
    spec: SPEC,
    facts: FACTS,
    createdAt: "2026-01-02T03:04:05.000Z",
  }));
  home.catalog.submitAll([b!]);
  expect(() => home.catalog.submitAll([a!, b!])).toThrow(/UNIQUE/);
  expect(home.catalog.status("job-a")).toBe("UNKNOWN");
  home.catalog.submitAll([a!, { ...b!, jobId: "job-c" }]);
  expect(home.catalog.list()).toHaveLength(3);
});

test("a job is found by any beginning of its id that no other job shares", () => {
  const home = newHome();
  for (const id of ["job-aaaabb-1", "job-aaaacc-2"]) enter(home, id);
  for (const short of ["job-aaaabb-1", "job-aaaab", "aaaab"])
    expect(home.catalog.get(short).jobId).toBe("job-aaaabb-1");
  expect(home.catalog.status("aaaac")).toBe("QUEUED");
  expect(() => home.catalog.get("aaaa")).toThrow(/"aaaa" could be job-aaaacc-2, job-aaaabb-1: give more/);
  expect(() => home.catalog.get("job-aaa")).toThrow(/"job-aaa" is too short for a job's id: give at least 4 letters/);
  for (const pattern of ["", "%", "aa", "job-aaaa_b"]) {
    expect(() => home.catalog.get(pattern)).toThrow(
      expect.objectContaining({ code: "ROWMILL_NO_SUCH_JOB", exitCode: 2 }),
    );
  }
});

test("an id that begins another is still its own", () => {
  const home = newHome();
  for (const id of ["job-a", "job-ab"]) enter(home, id);
  expect(home.catalog.get("job-a").jobId).toBe("job-a");
});

test("an unknown id is an error that names the nearest, and its status is UNKNOWN", () => {
  const home = newHome();
  expect(() => home.catalog.get("job-1")).toThrow(/this home has no jobs yet/);
  const jobId = submit(home);
  expect(() => home.catalog.get(`${jobId.slice(0, -1)}x`)).toThrow(`did you mean ${jobId}?`);
  expect(() => home.catalog.get("zzz")).toThrow(/`npx rowmill --home \S+ jobs list` shows them/);
  expect(home.catalog.status("zzz")).toBe("UNKNOWN");
});

test("jobs are listed newest first, by status and number", () => {
  const home = newHome();
  const [a, b, c] = [submit(home), submit(home), submit(home)];
  home.catalog.cancel(b);
  const ids = (filter?: Parameters<typeof home.catalog.list>[0]) => home.catalog.list(filter).map((job) => job.jobId);
  expect(ids()).toEqual([c, b, a]);
  expect(ids({ status: ["QUEUED"] })).toEqual([c, a]);
  expect(ids({ status: ["QUEUED", "CANCELLED"], limit: 2 })).toEqual([c, b]);
  expect(ids({ status: [] })).toEqual([]);
});

test("jobs are taken by priority, then by age", () => {
  const home = newHome();
  const [slow1, slow2] = [submit(home, { priority: 1 }), submit(home, { priority: 1 })];
  const [fast1, fast2] = [submit(home), submit(home)];
  using lease = acquireLease(home.catalog)!;
  const taken = [];
  const queue = home.catalog.queue(10).map(({ jobId }) => jobId);
  expect(queue).toEqual([fast1, fast2, slow1, slow2]);
  expect(home.catalog.queue(1)).toEqual([{ jobId: fast1, seq: 3, waitsFor: null }]);
  for (let job = claimNext(home, lease); job !== null; job = claimNext(home, lease)) taken.push(job.jobId);
  expect(taken).toEqual([fast1, fast2, slow1, slow2]);
  expect(claimNext(home, lease)).toBeNull();
});

test("a job that was given back is taken again in its old turn and keeps the time of its first start", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const [first] = [submit(home), submit(home)];
  using lease = acquireLease(home.catalog)!;
  const startedAt = claimNext(home, lease)?.startedAt;
  home.catalog.setStatus(first, ["STARTING"], "QUEUED", { runner: lease });
  expect(home.catalog.get(first).runnerPid).toBeNull();
  clock.nowMs += 5000;
  expect(claimNext(home, lease)).toMatchObject({ jobId: first, startedAt });
});

const COUNTS = { rowsDone: 1, rowsFailed: 0, rowsCut: 0, inputTokens: 1, sharedTokens: 0, outputTokens: 1 };

test("the time that a job runs adds up over its stretches; what it waits between them does not count", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const jobId = submit(home);
  using lease = acquireLease(home.catalog)!;
  const pass = (ms: number) => {
    clock.nowMs += ms;
  };
  pass(60_000);
  claimNext(home, lease);
  pass(1500);
  expect(home.catalog.get(jobId).runSeconds).toBe(0);
  home.catalog.countStarting(lease);
  expect(home.catalog.get(jobId).runSeconds).toBe(1.5);
  home.catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: lease });
  pass(1000);
  home.catalog.snapshot(jobId, COUNTS, lease);
  expect(home.catalog.get(jobId).runSeconds).toBe(2.5);
  pass(250);
  home.catalog.setStatus(jobId, ["RUNNING"], "QUEUED", { runner: lease });
  expect(home.catalog.get(jobId).runSeconds).toBe(2.75);
  pass(3_600_000);
  lease.renew();
  home.catalog.snapshot(jobId, COUNTS);
  expect(home.catalog.get(jobId).runSeconds).toBe(2.75);
  claimNext(home, lease);
  pass(500);
  home.catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: lease });
  pass(500);
  home.catalog.setStatus(jobId, ["RUNNING"], "SUCCEEDED", { runner: lease, counts: COUNTS });
  expect(home.catalog.get(jobId).runSeconds).toBe(3.75);
});

test("of a killed runner's time what its snapshots have counted is kept, and nothing until the next one begins", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const jobId = submit(home);
  const killed = acquireLease(home.catalog)!;
  claimNext(home, killed);
  for (let second = 0; second < 5; second++) {
    clock.nowMs += 1000;
    home.catalog.snapshot(jobId, COUNTS, killed);
  }
  clock.nowMs += LEASE_SEEN_LAPSE_MS;
  using next = acquireLease(home.catalog)!;
  expect(claimNext(home, next)).toMatchObject({ jobId, runSeconds: 5 });
  clock.nowMs += 2000;
  home.catalog.snapshot(jobId, COUNTS, killed);
  home.catalog.snapshot(jobId, COUNTS, next);
  expect(home.catalog.get(jobId).runSeconds).toBe(7);
  clock.nowMs -= 3_600_000; // somebody sets the clock back
  home.catalog.snapshot(jobId, COUNTS, next);
  clock.nowMs += 1000;
  home.catalog.snapshot(jobId, COUNTS, next);
  expect(home.catalog.get(jobId).runSeconds).toBe(8);
});

test("a catalogue of a version that did not count the time has it from each job's first start to its end", () => {
  const folder = newFolder();
  const counting = CATALOG_MIGRATIONS.findIndex((script) => script.includes("run_ms"));
  const old = new Sqlite(join(folder, "catalog.db"), {
    migrations: CATALOG_MIGRATIONS.slice(0, counting),
    synchronous: "full",
  });
  old.run(
    `INSERT INTO jobs (${NEW_JOB_COLUMNS}, status, started_at, finished_at) VALUES (${"?, ".repeat(10)} 'SUCCEEDED', ?, ?)`,
    ...newJobValues({ jobId: "job-old", spec: SPEC, facts: FACTS, createdAt: "2026-01-02T03:04:05.000Z" }),
    "2026-01-02T03:05:00.000Z",
    "2026-01-02T03:06:30.500Z",
  );
  old.close();
  using home = openHome(folder);
  expect(home.catalog.get("job-old").runSeconds).toBeCloseTo(90.5, 1);
});

test("a job of a version that kept the model's path and lines of warnings has them in today's words", () => {
  const home = newHome();
  const jobId = submit(home, { modelPath: "/models/old.gguf", warnings: ["1 of 2 rows is empty"] } as never);
  expect(home.catalog.get(jobId)).toMatchObject({
    modelRef: { file: "/models/old.gguf", sha256: null },
    warnings: [{ code: "OTHER", text: "1 of 2 rows is empty", count: null }],
  });
});

test("a queued job is cancelled at once, a running one when its runner has stopped", () => {
  const home = newHome();
  const queued = submit(home, { priority: 1 });
  const running = submit(home);
  using lease = acquireLease(home.catalog)!;
  claimNext(home, lease);
  home.catalog.setStatus(running, ["STARTING"], "RUNNING");
  expect(home.catalog.cancel(queued)).toMatchObject({ status: "CANCELLED", finishedAt: expect.any(String) });
  expect(home.catalog.cancel(running)).toMatchObject({
    status: "CANCELLING",
    finishedAt: null,
    runnerPid: process.pid,
  });
  expect(home.catalog.cancel(running).status).toBe("CANCELLING");
  expect(claimNext(home, lease)).toBeNull();
  expect(home.catalog.setStatus(running, ["CANCELLING"], "CANCELLED", { runner: lease })).toBe(true);
  expect(home.catalog.cancel(running).status).toBe("CANCELLED");
});

test("a job that has ended can't be cancelled any more", () => {
  const home = newHome();
  const jobId = submit(home);
  home.catalog.setStatus(jobId, ["QUEUED"], "FAILED", { failure: "no model" });
  expect(home.catalog.cancel(jobId)).toMatchObject({ status: "FAILED", failure: "no model" });
});

test("a running job without a living runner is cancelled at once", () => {
  const home = newHome();
  const jobId = submit(home);
  const lease = acquireLease(home.catalog)!;
  claimNext(home, lease);
  lease.release();
  expect(home.catalog.cancel(jobId)).toMatchObject({ status: "CANCELLED", runnerPid: null });
});

test("only a job that has ended can be removed, and its folder goes with it", () => {
  const home = newHome();
  const jobId = newJobId();
  using job = JobFile.create(home, jobId);
  job.appendRows([{ prompt: "a" }], null);
  job.seal();
  enter(home, jobId);
  expect(() => home.catalog.remove(jobId)).toThrow(
    expect.objectContaining({ code: "ROWMILL_JOB_NOT_ENDED", message: expect.stringContaining("is QUEUED") }),
  );
  expect(existsSync(jobFolder(home.path, jobId))).toBe(true);
  home.catalog.cancel(jobId);
  home.catalog.remove(jobId);
  expect(existsSync(jobFolder(home.path, jobId))).toBe(false);
  expect(home.catalog.status(jobId)).toBe("UNKNOWN");
});

test("snapshots and the plan are kept", () => {
  const home = newHome();
  const jobId = submit(home);
  const counts = { rowsDone: 2, rowsFailed: 1, rowsCut: 1, inputTokens: 60, sharedTokens: 25, outputTokens: 8 };
  home.catalog.snapshot(jobId, counts);
  home.catalog.setPlan(jobId, { slots: 8, why: ["2 cores"] });
  expect(home.catalog.get(jobId)).toMatchObject({ ...counts, plan: { slots: 8, why: ["2 cores"] } });
});

test("a job that its dead runner was to cancel is ended by the next runner", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const jobId = submit(home);
  const first = acquireLease(home.catalog)!;
  claimNext(home, first);
  expect(home.catalog.cancel(jobId).status).toBe("CANCELLING");
  clock.nowMs += LEASE_SEEN_LAPSE_MS;
  using next = acquireLease(home.catalog)!;
  home.catalog.endCancelled(next);
  expect(home.catalog.get(jobId)).toMatchObject({ status: "CANCELLED", runnerPid: null });
});

test("a job over which ten runners died without finishing a row fails, and one that got on does not", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const [stuck, slow] = [submit(home), submit(home)];
  const claimed: (string | undefined)[] = [];
  for (let death = 0; death < 12; death++) {
    const lease = acquireLease(home.catalog)!;
    for (let job = claimNext(home, lease); job !== null; job = claimNext(home, lease)) {
      claimed.push(job.jobId);
      const counts = {
        rowsDone: death + 1,
        rowsFailed: 0,
        rowsCut: 0,
        inputTokens: 1,
        sharedTokens: 0,
        outputTokens: 1,
      };
      if (job.jobId === slow) home.catalog.snapshot(slow, counts);
    }
    clock.nowMs += LEASE_SEEN_LAPSE_MS; // it dies with both
  }
  expect(claimed.filter((id) => id === stuck)).toHaveLength(10);
  expect(home.catalog.get(stuck)).toMatchObject({
    status: "FAILED",
    failure: expect.stringMatching(/10 runners died/),
  });
  expect(claimed.filter((id) => id === slow)).toHaveLength(12);
});
