import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Home, jobFolder, newJobId, openHome } from "../../src/jobs/index.js";
import { JOB_MIGRATIONS } from "../../src/jobs/jobTables.js";
import { BUSY_TIMEOUT_MS, Sqlite } from "../../src/jobs/sqlite.js";
import { newFolder, submitRows } from "./fixture.js";

const isKept = (home: Home, jobId: string): unknown =>
  home.catalog.db.get("SELECT is_kept FROM jobs WHERE job_id = ?", jobId)?.is_kept;

function openJobStore(home: string, jobId: string): Sqlite {
  return new Sqlite(join(jobFolder(home, jobId), "job.db"), { migrations: JOB_MIGRATIONS, synchronous: "full" });
}

test("a home whose statements don't wait for locks does not wait for one to write down in its folder how a job has ended", () => {
  const path = newFolder();
  {
    using home = openHome(path, { busyTimeoutMs: 0 });
    const jobId = submitRows(home, ["a"]);
    const writer = openJobStore(path, jobId);
    writer.exec("BEGIN IMMEDIATE");
    const before = performance.now();
    home.catalog.setStatus(jobId, ["QUEUED"], "FAILED", { failure: "no model" });
    expect(performance.now() - before).toBeLessThan(BUSY_TIMEOUT_MS);
    expect([home.catalog.status(jobId), isKept(home, jobId)]).toEqual(["FAILED", 0]);
    writer.exec("ROLLBACK");
    writer.close();
  }
  // it is written when the home is next opened
  using home = openHome(path);
  expect(home.catalog.list().map(({ jobId }) => isKept(home, jobId))).toEqual([1]);
});

test("a job behind a hundred newer ones whose folders can't be mended is kept in its folder all the same", () => {
  const path = newFolder();
  let older: string;
  {
    using home = openHome(path);
    older = submitRows(home, ["a"]);
    const columns = home.catalog.db.all("PRAGMA table_info(jobs)").map(({ name }) => String(name));
    const cloned = columns.filter((name) => name !== "job_id" && name !== "seq").join(", ");
    for (let at = 0; at < 150; at++) {
      const jobId = newJobId();
      home.catalog.db.run(`INSERT INTO jobs (job_id, ${cloned}) SELECT ?, ${cloned} FROM jobs LIMIT 1`, jobId);
      mkdirSync(jobFolder(path, jobId));
      writeFileSync(join(jobFolder(path, jobId), "job.db"), "no database ".repeat(1000));
    }
    home.catalog.db.run("UPDATE jobs SET is_kept = 0");
  }
  using home = openHome(path);
  expect(isKept(home, older)).toBe(1);
  expect(home.catalog.db.get("SELECT count(*) AS count FROM jobs WHERE NOT is_kept")?.count).toBe(150);
});
