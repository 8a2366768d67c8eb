import { existsSync, rmSync, statSync } from "node:fs";
import { RowmillError } from "../errors.js";
import { parseExact, stringifyExact } from "../exactNumbers.js";
import type { FailedRows } from "./failedRows.js";
import { countsOfResults, SELECT_COUNTS } from "./jobCounts.js";
import { JOB_MIGRATIONS } from "./jobTables.js";
import { endedPath, jobFilePath, submitterPath } from "./layout.js";
import { openForReading } from "./readingStore.js";
import type { JobCounts, JobFacts, JobSpec, JobStatus } from "./record.js";
import { createEmpty, Sqlite, type Store } from "./sqlite.js";

/** A job as it was submitted. */
export interface NewJob {
  readonly jobId: string;
  readonly spec: JobSpec;
  readonly facts: JobFacts;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** How a job ended. */
export interface JobOutcome {
  readonly status: JobStatus;
  readonly failure: string | null;
  readonly failures: readonly FailedRows[];
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly runSeconds: number;
  readonly plan: Readonly<Record<string, unknown>> | null;
}

/** A job's record as its own folder holds it. */
export interface StoredJob {
  readonly job: NewJob;
  /** Null before its end. */
  readonly outcome: JobOutcome | null;
}

export interface FoundJob extends StoredJob {
  readonly counts: JobCounts;
}

export function writeStoredJob(db: Store, { jobId, spec, facts, createdAt }: NewJob, outcome: JobOutcome | null): void {
  db.run(
    // an outcome stays: an older catalogue that does not know it must not bring an ended job back to life
    `INSERT INTO record (id, job_id, spec, facts, created_at, outcome) VALUES (1, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET job_id = excluded.job_id, spec = excluded.spec, facts = excluded.facts,
       created_at = excluded.created_at, outcome = coalesce(excluded.outcome, outcome)`,
    jobId,
    stringifyExact(spec) as string,
    JSON.stringify(facts),
    createdAt,
    outcome === null ? null : JSON.stringify(outcome),
  );
}

/** Null for a job of a version that kept no record. */
export function readStoredJob(db: Store): StoredJob | null {
  const row = db.get("SELECT job_id, spec, facts, created_at, outcome FROM record");
  if (row === undefined) return null;
  return {
    job: {
      jobId: String(row.job_id),
      spec: parseExact(String(row.spec)) as JobSpec,
      facts: JSON.parse(String(row.facts)) as JobFacts,
      createdAt: String(row.created_at),
    },
    outcome: row.outcome === null ? null : toOutcome(JSON.parse(String(row.outcome))),
  };
}

/** A version that did not count the time has kept when the job began and ended. */
function toOutcome(kept: Omit<JobOutcome, "runSeconds"> & Partial<JobOutcome>): JobOutcome {
  const { startedAt, finishedAt } = kept;
  const between = startedAt === null || finishedAt === null ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
  return { runSeconds: Math.max(0, between) / 1000, ...kept };
}

/** What the results add up to. */
export function countResults(db: Store): JobCounts {
  return countsOfResults(db.get(SELECT_COUNTS));
}

/** "kept": the folder holds it now, or never can, since it is not there; "not this": a lock or a broken file stands against it;
 *  "none": the disk does, for every folder. */
export type KeepEnd = "kept" | "not this" | "none";

const DISK_CODES: ReadonlySet<string> = new Set(["ROWMILL_DISK_FULL", "ROWMILL_DISK_READ_ONLY"]);

/** Puts what the catalogue knows of a job into its folder. What can't be put there now the catalogue has, and it is tried again
 *  when the home is next opened.
 *  @param busyTimeoutMs how long another process's lock is waited for */
export function keepInFolder(home: string, job: NewJob, outcome: JobOutcome | null, busyTimeoutMs: number): KeepEnd {
  const path = jobFilePath(home, job.jobId);
  if (!hasContent(path)) return "kept";
  try {
    const db = openJobStore(path, busyTimeoutMs);
    try {
      writeStoredJob(db, job, outcome);
    } finally {
      db.close();
    }
    if (outcome !== null) createEmpty(endedPath(home, job.jobId));
    rmSync(submitterPath(home, job.jobId), { force: true });
    return "kept";
  } catch (error) {
    if (!(error instanceof RowmillError || (error instanceof Error && "syscall" in error))) throw error;
    const isOfDisk = "code" in error && DISK_CODES.has(String(error.code));
    return isOfDisk ? "none" : "not this";
  }
}

/** The job that a folder holds: null where its rows were never sealed, where it keeps no record of its own, or where its file
 *  is no sound one; "later" for what may pass by itself or with another version: a full disk, another process's lock.
 *  @param busyTimeoutMs how long that lock is waited for; null where nothing in the folder may be written */
export function findInFolder(home: string, jobId: string, busyTimeoutMs: number | null): FoundJob | null | "later" {
  const path = jobFilePath(home, jobId);
  let db: Sqlite | null = null;
  try {
    if (!hasContent(path)) return null;
    db = busyTimeoutMs === null ? openForReading(path, JOB_MIGRATIONS) : openJobStore(path, busyTimeoutMs);
    const stored = readStoredJob(db);
    const sealed = db.get("SELECT row_count FROM sealed");
    if (sealed === undefined || stored?.job.jobId !== jobId) return null;
    return { ...stored, counts: countResults(db) };
  } catch (error) {
    return error instanceof RowmillError && error.code !== "ROWMILL_STORE_BROKEN" ? "later" : null;
  } finally {
    db?.close();
  }
}

function openJobStore(path: string, busyTimeoutMs: number): Sqlite {
  return new Sqlite(path, { migrations: JOB_MIGRATIONS, synchronous: "full", busyTimeoutMs });
}

/** SQLite would make tables in a file that is missing or empty. */
function hasContent(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}
