import { copyFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Home, JobFile, jobFolder, SystemLock } from "../../src/jobs/index.js";
import { newFolder, newHome, otherProgram, result, submitRows } from "./fixture.js";

const lost = expect.objectContaining({ code: "ROWMILL_JOB_FILE_LOST", exitCode: 1 });
const missing = expect.objectContaining({ code: "ROWMILL_JOB_FILE_MISSING" });

function claimedJob(home: Home) {
  const jobId = submitRows(home, ["a", "b", "c"]);
  const file = JobFile.open(home, jobId);
  file.claim("first");
  file.appendResults([result(0, "A")]);
  return { jobId, file, path: join(jobFolder(home.path, jobId), "job.db") };
}

function readAnew(home: Home, jobId: string): void {
  using again = JobFile.open(home, jobId);
  again.checkWhole(again.resultCounts(), 3);
}

test.each<[string, (path: string) => void]>([
  ["deleted", (path) => rmSync(path)],
  ["cut to nothing", (path) => truncateSync(path)],
  ["robbed of its log", (path) => rmSync(`${path}-wal`)],
  [
    "replaced by a copy",
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ],
])("a runner whose job file is %s keeps no results in vain: it is told at once", (_, lose) => {
  const { file, path } = claimedJob(newHome());
  lose(path);
  expect(() => file.appendResults([result(1, "B")])).toThrow(lost);
  file.close();
});

test("a job file that another program grows and then shortens by VACUUM loses no results, and one cut later does", () => {
  const { file, path } = claimedJob(newHome());
  otherProgram(path, "CREATE TABLE other AS SELECT zeroblob(1000000) AS x; PRAGMA wal_checkpoint(TRUNCATE)");
  expect(file.appendResults([result(1, "B")])).toEqual({ stored: 1, duplicates: 0 });
  const grown = statSync(path).size;
  otherProgram(path, "DROP TABLE other; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  expect(statSync(path).size).toBeLessThan(grown);
  expect(file.appendResults([result(2, "C")])).toEqual({ stored: 1, duplicates: 0 });
  file.checkWhole(file.resultCounts(), 3);
  truncateSync(path, statSync(path).size - 4096);
  expect(() => file.checkInPlace()).toThrow(lost);
  file.close();
});

test("a job whose file lost results on the way is not whole", () => {
  const home = newHome();
  const { jobId, file, path } = claimedJob(home);
  const old = join(newFolder(), "old.db");
  file.close();
  copyFileSync(path, old);
  {
    using again = JobFile.open(home, jobId);
    again.appendResults([result(1, "B"), result(2, "C")]);
    again.checkWhole(again.resultCounts(), 3);
  }
  readAnew(home, jobId);
  // the same file, older bytes
  writeFileSync(path, readFileSync(old));
  expect(() => readAnew(home, jobId)).toThrow(lost);
  rmSync(path);
  expect(() => readAnew(home, jobId)).toThrow(missing);
});

test("a job with fewer rows than were submitted is not whole, whatever its file says of itself", () => {
  const home = newHome();
  const jobId = submitRows(home, ["a"]);
  using file = JobFile.open(home, jobId);
  file.appendResults([result(0, "A")]);
  expect(() => file.checkWhole(file.resultCounts(), 3)).toThrow(lost);
});

test("of two runners that hold one job only the one that claimed it last can write", () => {
  const home = newHome();
  const { jobId, file } = claimedJob(home);
  using next = JobFile.open(home, jobId);
  next.claim("second");
  expect(() => file.appendResults([result(1, "first")])).toThrow(
    expect.objectContaining({ code: "ROWMILL_JOB_TAKEN" }),
  );
  expect(next.appendResults([result(1, "second")])).toEqual({ stored: 1, duplicates: 0 });
  expect(next.resultCounts().rowsDone).toBe(2);
  file.close();
});

test("a system's lock has one holder, and a lock whose file was replaced is noticed", () => {
  const path = join(newFolder(), "lock");
  const lock = SystemLock.take(path)!;
  expect(SystemLock.take(path)).toBeNull();
  expect(lock.isInPlace()).toBe(true);
  lock[Symbol.dispose]();
  using again = SystemLock.take(path)!;
  rmSync(path);
  expect(again.isInPlace()).toBe(false);
});
