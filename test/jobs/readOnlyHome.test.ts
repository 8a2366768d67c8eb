import { chmodSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { JobFile, openHome } from "../../src/jobs/index.js";
import { JOB_MIGRATIONS } from "../../src/jobs/jobTables.js";
import { openForReading } from "../../src/jobs/readingStore.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import { CompiledJobs } from "./child.js";
import { newFolder, result, submitRows } from "./fixture.js";

const NOBODY = 65_534;
/** Root may write everything, so the reader is another user then. */
const reader = process.geteuid?.() === 0 ? NOBODY : null;

let compiled: CompiledJobs;
beforeAll(() => {
  compiled = new CompiledJobs();
});
afterAll(() => compiled[Symbol.dispose]());

/** Skips, and says so, where the reader can't even read this checkout. */
async function needReader(skip: (why: string) => void): Promise<void> {
  const folder = newFolder();
  chmodSync(folder, 0o777);
  const isReachable = await compiled
    .start("reader", [join(folder, "home")], reader)
    .end()
    .then(
      () => true,
      () => false,
    );
  if (!isReachable) skip("another user can't read this checkout, and root can write everything");
}

function eachIn(folder: string, action: (path: string, isFolder: boolean) => void): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    action(join(entry.parentPath, entry.name), entry.isDirectory());
  action(folder, true);
}

/** Takes all rights to write, and gives all those to read. */
function makeReadOnly(home: string): void {
  eachIn(home, (path, isFolder) => chmodSync(path, isFolder ? 0o555 : 0o444));
  onTestFinished(() => eachIn(home, (path, isFolder) => chmodSync(path, isFolder ? 0o755 : 0o644)));
}

function homeWithResults(): { path: string; jobId: string } {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  const path = join(folder, "home");
  using home = openHome(path);
  const jobId = submitRows(home, ["a", "b"]);
  using file = JobFile.open(home, jobId);
  file.appendResults([result(0, "A"), result(1, "B")]);
  home.catalog.snapshot(jobId, file.resultCounts());
  home.catalog.cancel(jobId);
  return { path, jobId };
}

const read = (jobId: string, last = "B") => [
  "read-only",
  JSON.stringify({ jobId, status: "CANCELLED", rowsDone: 2, outputs: ["A", last] }),
  "ROWMILL_HOME_NOT_WRITABLE",
];

test("jobs and results of a home that can't be written can be read, and nothing in it changes", async ({ skip }) => {
  await needReader(skip);
  const { path, jobId } = homeWithResults();
  makeReadOnly(path);
  const state = () =>
    readdirSync(path, { recursive: true }).map((name) => [name, lstatSync(join(path, String(name))).mtimeMs]);
  const before = state();
  expect(await compiled.start("reader", [path], reader).end()).toEqual(read(jobId));
  expect(state()).toEqual(before);
});

test("so can they where the files' logs were never copied back, and where the catalogue is lost", async ({ skip }) => {
  await needReader(skip);
  const { path, jobId } = homeWithResults();
  const db = new Sqlite(join(path, "jobs", jobId, "job.db"), { migrations: JOB_MIGRATIONS, synchronous: "full" });
  // in the log alone, as a runner that was killed leaves it
  db.exec("PRAGMA wal_autocheckpoint = 0");
  db.run("UPDATE results SET output = 'newer' WHERE i = 1");
  expect(statSync(join(path, "jobs", jobId, "job.db-wal")).size).toBeGreaterThan(0);
  rmSync(join(path, "catalog.db"));
  makeReadOnly(path);
  expect(await compiled.start("reader", [path], reader).end()).toEqual(read(jobId, "newer"));
  db.close(false);
});

test("a file of an earlier version is read from a private copy, which goes when it is closed", () => {
  const path = join(newFolder(), "job.db");
  const old = new Sqlite(path, { migrations: JOB_MIGRATIONS.slice(0, 1), synchronous: "full" });
  old.exec("INSERT INTO rows (i, prompt, tokens) VALUES (0, 'a', 1)");
  old.close();
  const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith("rowmill-home-"));
  const others = copies();
  const db = openForReading(path, JOB_MIGRATIONS);
  expect(copies()).toHaveLength(others.length + 1);
  expect(db.get("SELECT count(*) AS n FROM record")?.n).toBe(0);
  expect(() => db.run("DELETE FROM rows")).toThrow(expect.objectContaining({ code: "ROWMILL_STORE_UNUSABLE" }));
  db.close();
  expect(copies()).toEqual(others);
  const again = new Sqlite(path, { migrations: JOB_MIGRATIONS.slice(0, 1), synchronous: "full" });
  expect(again.get("PRAGMA user_version")?.user_version).toBe(1);
  again.close();
});
