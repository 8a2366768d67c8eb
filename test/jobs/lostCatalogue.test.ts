import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acquireLease, type Home, JobFile, jobFilePath, jobFolder, newJobId, openHome } from "../../src/jobs/index.js";
import { JOB_MIGRATIONS } from "../../src/jobs/jobTables.js";
import { removedFolder } from "../../src/jobs/layout.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { ownIdentity } from "../../src/processIdentity.js";
import { WaitingJobs } from "../../src/runner/waitingJobs.js";
import { CompiledJobs } from "./child.js";
import { claimNext, FakeClock, newFolder, newHome, newJobFile, otherProgram, result, submitRows } from "./fixture.js";

/** As a runner looks at the queue. */
const lookForNext = (home: Home): void => {
  new WaitingJobs(home).look();
};

let compiled: CompiledJobs;
beforeAll(() => {
  compiled = new CompiledJobs();
});
afterAll(() => compiled[Symbol.dispose]());

const catalogue = (home: Home | string) => join(typeof home === "string" ? home : home.path, "catalog.db");
const files = (path: string) => ["", "-wal", "-shm"].map((suffix) => path + suffix).filter((file) => existsSync(file));

/** Opens a home, does something, closes it; gives what it said. */
function reopen(path: string, use: (home: Home) => void): string[] {
  const said: string[] = [];
  using home = openHome(path, { say: (line) => said.push(line) });
  use(home);
  return said;
}

/** A home with a job of each end and one that waits, closed. */
function homeWithJobs() {
  const path = newFolder();
  const clock = new FakeClock();
  using home = openHome(path, { clock: clock.read });
  const [done, cancelled, failed, waiting] = ["a", "b", "c", "d"].map((name, at) =>
    submitRows(home, [name, `${name}2`], `2026-01-02T03:04:0${at}.000Z`),
  ) as [string, string, string, string];
  using lease = acquireLease(home.catalog)!;
  claimNext(home, lease);
  clock.nowMs += 2500;
  {
    using file = JobFile.open(home, done);
    file.appendResults([result(0, "A"), result(1, "A2")]);
    home.catalog.setStatus(done, ["STARTING"], "RUNNING");
    home.catalog.setPlan(done, { slots: 3 });
    home.catalog.setStatus(done, ["RUNNING"], "SUCCEEDED", { counts: file.resultCounts() });
  }
  home.catalog.cancel(cancelled);
  home.catalog.setStatus(failed, ["QUEUED"], "FAILED", { failure: "no model" });
  {
    using file = JobFile.open(home, waiting);
    file.appendResults([result(1, "D2")]);
    home.catalog.snapshot(waiting, file.resultCounts());
  }
  return { path, done, cancelled, failed, waiting, before: home.catalog.list() };
}

const LOSSES: [string, (path: string) => void, RegExp][] = [
  ["is removed", (path) => files(path).forEach((file) => void rmSync(file)), /did not know 4 jobs: taken up again/],
  ["alone is removed, its log stays", (path) => rmSync(path), /4 jobs/],
  ["is emptied", (path) => truncateSync(path), /4 jobs/],
  [
    "is junk",
    (path) => writeFileSync(path, "no database, but longer than a header ".repeat(200)),
    /kept as .*\(4 jobs\)/,
  ],
  [
    "is cut in half",
    (path) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096),
    /kept as .*\(4 jobs\)/,
  ],
];

describe("no job is lost with the catalogue", () => {
  test.each(LOSSES)(
    "when the catalogue %s it is made anew from the job folders, and one line says so",
    (_, lose, line) => {
      const { path, before } = homeWithJobs();
      lose(catalogue(path));
      expect(before.map(({ runSeconds }) => runSeconds).sort()).toEqual([0, 0, 0, 2.5]);
      const said = reopen(path, (home) => expect(home.catalog.list()).toEqual(before));
      expect(said).toEqual([expect.stringMatching(line)]);
      // once
      expect(reopen(path, (home) => expect(home.catalog.list()).toEqual(before))).toEqual([]);
    },
  );

  test("a damaged catalogue is kept under another name", () => {
    const { path } = homeWithJobs();
    const junk = "no database, but longer than a header ".repeat(200);
    writeFileSync(catalogue(path), junk);
    const [line] = reopen(path, () => undefined);
    const kept = /kept as (\S+?),/.exec(line ?? "")?.[1] ?? "";
    expect(readFileSync(join(path, kept), "utf8")).toBe(junk);
  });

  test("a job that ended in a version that did not count its time has run from its start to its end", () => {
    const { path, done } = homeWithJobs();
    otherProgram(jobFilePath(path, done), "UPDATE record SET outcome = json_remove(outcome, '$.runSeconds')");
    for (const file of files(catalogue(path))) rmSync(file);
    reopen(path, (home) => expect(home.catalog.get(done).runSeconds).toBe(2.5));
  });

  test("an older catalogue gets the jobs and the ends that it does not know", () => {
    const path = newFolder();
    const copy = join(newFolder(), "old.db");
    let first = "";
    let second = "";
    let before: unknown;
    reopen(path, (home) => {
      first = submitRows(home, ["a"]);
    });
    copyFileSync(catalogue(path), copy);
    reopen(path, (home) => {
      home.catalog.cancel(first);
      second = submitRows(home, ["b"], "2026-01-02T03:04:06.000Z");
      before = home.catalog.list();
    });
    for (const file of files(catalogue(path))) rmSync(file);
    copyFileSync(copy, catalogue(path));
    const said = reopen(path, (home) => {
      expect(home.catalog.list()).toEqual(before);
      expect(home.catalog.get(second).status).toBe("QUEUED");
    });
    expect(said).toEqual([expect.stringMatching(/did not know 1 job:/)]);
  });

  test("a home with many jobs that wait is opened without opening their files", () => {
    const path = newFolder();
    let ids: string[] = [];
    reopen(path, (home) => {
      ids = ["a", "b"].map((name) => submitRows(home, [name]));
    });
    reopen(path, () => undefined);
    // SQLite makes a log beside a file that it opens
    const times = () => ids.map((jobId) => statSync(jobFolder(path, jobId), { bigint: true }).mtimeNs);
    const before = times();
    reopen(path, (home) => expect(home.catalog.unended()).toHaveLength(2));
    expect(times()).toEqual(before);
  });

  test("jobs of a home that an earlier version made outlive its catalogue as well", () => {
    const { path, before } = homeWithJobs();
    // as an earlier version left it: folders without records, lines that nobody has kept
    reopen(path, (home) => {
      for (const { jobId } of before) {
        const db = new Sqlite(join(jobFolder(path, jobId), "job.db"), {
          migrations: JOB_MIGRATIONS,
          synchronous: "full",
        });
        db.run("DELETE FROM record");
        db.close();
      }
      home.catalog.db.run("UPDATE jobs SET is_kept = 0");
    });
    reopen(path, () => undefined);
    for (const file of files(catalogue(path))) rmSync(file);
    reopen(path, (home) => expect(home.catalog.list()).toEqual(before));
  });

  test("a removed job stays removed, also when the catalogue is lost and when the removal was cut short", () => {
    const { path, done, failed, before } = homeWithJobs();
    reopen(path, (home) => home.catalog.remove(done));
    // killed after the folder's name had gone, before the line had
    renameSync(jobFolder(path, failed), removedFolder(path, failed));
    const left = before.filter(({ jobId }) => jobId !== done && jobId !== failed);
    reopen(path, (home) => expect(home.catalog.list()).toEqual(left));
    for (const file of files(catalogue(path))) rmSync(file);
    reopen(path, (home) => expect(home.catalog.list()).toEqual(left));
    expect(
      readdirSync(join(path, "jobs"))
        .filter((name) => name !== "runner.lock")
        .sort(),
    ).toEqual(left.map(({ jobId }) => jobId).sort());
  });

  test("a folder that holds no whole job is moved aside, not deleted, and a living submitter's is left", () => {
    const { path, waiting } = homeWithJobs();
    for (const file of files(catalogue(path))) rmSync(file);
    writeFileSync(join(jobFolder(path, waiting), "job.db"), "junk ".repeat(2000));
    const said: string[] = [];
    using living = openHome(path, { say: (line) => said.push(line) });
    const half = JobFile.create(living, newJobId());
    half.appendRows([{ prompt: "a" }], null);
    const sealed = newJobFile(living, ["not entered yet"]);
    expect(said).toEqual([expect.stringMatching(/3 jobs/), expect.stringContaining(`${waiting}: no whole job`)]);
    reopen(path, (home) => expect(home.catalog.list()).toHaveLength(3));
    expect(readFileSync(join(path, "aside", waiting, "job.db"), "utf8")).toBe("junk ".repeat(2000));
    for (const job of [half, sealed]) expect(existsSync(job.folder)).toBe(true);
    half.close();
  });

  test("a folder without a job's file is said, and one that a submitter has just made is not", () => {
    const path = newFolder();
    reopen(path, () => undefined);
    const [old, young] = [newJobId(), newJobId()];
    for (const jobId of [old, young]) mkdirSync(jobFolder(path, jobId));
    const tenMinutesAgo = new Date(Date.now() - 600_000);
    utimesSync(jobFolder(path, old), tenMinutesAgo, tenMinutesAgo);
    expect(reopen(path, () => undefined)).toEqual([expect.stringContaining(`${old} in ${path}/jobs: no job, since`)]);
    expect(existsSync(jobFolder(path, old))).toBe(true);
  });

  test("a sealed job whose submitter died before it was entered is taken up", () => {
    const home = newHome();
    const jobId = submitRows(home, ["a"]);
    home.catalog.db.run("DELETE FROM jobs");
    const gone = { ...ownIdentity(), pid: 2 ** 30 };
    writeFileSync(join(jobFolder(home.path, jobId), "submitter.json"), JSON.stringify(gone));
    reopen(home.path, (again) => expect(again.catalog.status(jobId)).toBe("QUEUED"));
  });

  test("a copy of a job's folder is no second job", () => {
    const { path, done } = homeWithJobs();
    cpSync(jobFolder(path, done), `${jobFolder(path, done)}-copy`, { recursive: true });
    reopen(path, (home) => expect(home.catalog.list()).toHaveLength(4));
    expect(readdirSync(join(path, "aside"))).toEqual([`${done}-copy`]);
  });

  test("processes that make a lost catalogue anew at the same moment agree, and enter each job once", async () => {
    for (const lose of [LOSSES[0]![1], LOSSES[2]![1], LOSSES[3]![1]]) {
      const { path, before } = homeWithJobs();
      lose(catalogue(path));
      const openers = [1, 2, 3, 4].map(() => compiled.start("opener", [path]));
      for (const opener of openers) await opener.line("ready");
      for (const opener of openers) opener.process.stdin?.end("go\n");
      for (const opener of openers) expect(await opener.end()).toEqual(["ready", "4"]);
      reopen(path, (home) => expect(home.catalog.list()).toEqual(before));
    }
  });
});

describe("a process that has the catalogue open", () => {
  const WHILE_OPEN: [string, (path: string) => void][] = [
    ...LOSSES.map(([what, lose]): [string, (path: string) => void] => [what, lose]),
    ["loses its log", (path) => rmSync(`${path}-wal`)],
    ["loses its log's index", (path) => rmSync(`${path}-shm`)],
    [
      "is replaced by an empty one",
      (path) => {
        const folder = newFolder();
        openHome(folder)[Symbol.dispose]();
        for (const file of files(path)) rmSync(file);
        renameSync(catalogue(folder), path);
      },
    ],
  ];

  test.each(WHILE_OPEN)("goes on with all jobs when it %s", (_, lose) => {
    const { path, before, waiting } = homeWithJobs();
    using home = openHome(path);
    const lease = acquireLease(home.catalog)!;
    expect(claimNext(home, lease)?.jobId).toBe(waiting);
    lose(catalogue(path));
    const statuses = (list: typeof before) => list.map(({ jobId, status }) => [jobId, status]);
    expect(statuses(home.catalog.list())).toEqual(statuses(before));
    expect(home.catalog.get(waiting)).toMatchObject({ rowsDone: 1, runnerPid: null });
    // the lease went with the file: whoever held it stops
    expect(lease.renew()).toBe(false);
    expect(claimNext(home, lease)).toBeNull();
    expect(home.catalog.setStatus(waiting, ["QUEUED"], "FAILED", { runner: lease })).toBe(false);
    // another process sees the same
    using other = openHome(path);
    expect(statuses(other.catalog.list())).toEqual(statuses(before));
    other.catalog.cancel(waiting);
    expect(home.catalog.status(waiting)).toBe("CANCELLED");
  });

  test("notices an older copy that is written over it in place", () => {
    const { path, before, waiting } = homeWithJobs();
    const copy = join(newFolder(), "old.db");
    copyFileSync(catalogue(path), copy);
    using home = openHome(path);
    const lease = acquireLease(home.catalog)!;
    home.beginGeneration();
    claimNext(home, lease);
    // as `cp old.db catalog.db` does: the same file, other bytes
    writeFileSync(catalogue(path), readFileSync(copy));
    expect(home.catalog.list().map(({ jobId }) => jobId)).toEqual(before.map(({ jobId }) => jobId));
    expect(lease.renew()).toBe(false);
    expect(home.catalog.get(waiting).status).toBe("QUEUED");
    expect(readdirSync(path).some((name) => name.startsWith("catalog.db.damaged-"))).toBe(true);
  });

  test.each([
    ["QUEUED", "claims", claimNext],
    ["STARTING", "claims", claimNext],
    ["QUEUED", "looks for", lookForNext],
    ["STARTING", "looks for", lookForNext],
  ] as const)(
    "makes one anew that holds a job twice, a line of it %s, when its runner %s the next: it would take it for ever",
    (status, _, takeNext) => {
      const { path, before, waiting, done } = homeWithJobs();
      // as a page of an older file brings a line back that the index over the ids does not know
      otherProgram(
        catalogue(path),
        `PRAGMA writable_schema = ON;
         CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema WHERE tbl_name = 'jobs';
         DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_jobs_1';
         UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL UNIQUE', 'NOT NULL') WHERE name = 'jobs';
         PRAGMA writable_schema = RESET;
         CREATE TEMP TABLE twice AS SELECT * FROM jobs WHERE job_id = '${done}';
         UPDATE twice SET seq = 0, status = '${status}', runner_token = 'gone', deaths = 10;
         INSERT INTO jobs SELECT * FROM twice;
         PRAGMA writable_schema = ON;
         DELETE FROM sqlite_schema WHERE tbl_name = 'jobs';
         INSERT INTO sqlite_schema SELECT * FROM kept;
         PRAGMA writable_schema = RESET;`,
      );
      using home = openHome(path);
      expect(home.catalog.list().filter(({ jobId }) => jobId === done)).toHaveLength(2);
      using lease = acquireLease(home.catalog)!;
      // the file is made anew meanwhile, and the lease is not in the new one
      takeNext(home, lease);
      expect(claimNext(home, lease)).toBeNull();
      const statuses = (list: typeof before) => list.map((job) => [job.jobId, job.status]);
      expect(statuses(home.catalog.list())).toEqual(statuses(before));
      expect(readdirSync(path).filter((name) => /damaged-.*Z$/.test(name))).toHaveLength(1);
      using next = acquireLease(home.catalog)!;
      expect(claimNext(home, next)?.jobId).toBe(waiting);
      expect(claimNext(home, next)).toBeNull();
    },
  );

  test("takes a catalogue that another program shortened by VACUUM as it is, and a shorter older copy for damage", () => {
    const { path, before } = homeWithJobs();
    const copy = join(newFolder(), "old.db");
    copyFileSync(catalogue(path), copy);
    using home = openHome(path);
    otherProgram(catalogue(path), "CREATE TABLE other AS SELECT zeroblob(1000000) AS x");
    otherProgram(catalogue(path), "PRAGMA wal_checkpoint(TRUNCATE)");
    home.catalog.keepCalibration("key", "model", { workers: 1 });
    const grown = statSync(catalogue(path)).size;
    otherProgram(catalogue(path), "DROP TABLE other; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    expect(statSync(catalogue(path)).size).toBeLessThan(grown);
    expect(home.catalog.list()).toHaveLength(before.length);
    expect(home.catalog.calibrations()).toHaveLength(1);
    const kept = () => readdirSync(path).filter((name) => /damaged-.*Z$/.test(name));
    expect(kept()).toEqual([]);
    otherProgram(catalogue(path), "CREATE TABLE other AS SELECT zeroblob(1000000) AS x");
    otherProgram(catalogue(path), "PRAGMA wal_checkpoint(TRUNCATE)");
    home.catalog.list();
    writeFileSync(catalogue(path), readFileSync(copy));
    expect(home.catalog.list()).toHaveLength(before.length);
    expect(kept()).toHaveLength(1);
  });

  test("takes another process's generation for no damage", () => {
    const home = newHome();
    home.beginGeneration();
    const jobId = submitRows(home, ["a"]);
    using other = openHome(home.path);
    other.beginGeneration();
    expect(home.catalog.status(jobId)).toBe("QUEUED");
    expect(readdirSync(home.path).filter((name) => name.includes("damaged"))).toEqual([]);
  });
});

test("a folder that is being made while the catalogue is lost is entered by its submitter", () => {
  const home = newHome();
  using file = JobFile.create(home, newJobId());
  file.appendRows([{ prompt: "a" }], null);
  for (const path of files(catalogue(home))) rmSync(path);
  file.seal();
  expect(home.catalog.status(file.jobId)).toBe("UNKNOWN");
  const { jobId } = file;
  expect(existsSync(jobFolder(home.path, jobId))).toBe(true);
});

test("a half-made job of another machine is left for a day after it was last written, not after it was begun", () => {
  const home = newHome();
  const { jobId, folder } = JobFile.create(home, newJobId());
  writeFileSync(join(folder, "submitter.json"), JSON.stringify({ ...ownIdentity(), host: "far away" }));
  const old = new Date(Date.now() - 48 * 3_600_000);
  utimesSync(folder, old, old);
  reopen(home.path, () => expect(existsSync(jobFolder(home.path, jobId))).toBe(true));
  for (const name of ["job.db", "job.db-wal"]) utimesSync(join(folder, name), old, old);
  reopen(home.path, () => expect(existsSync(jobFolder(home.path, jobId))).toBe(false));
  expect(existsSync(join(home.path, "aside", jobId))).toBe(true);
});
