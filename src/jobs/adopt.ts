import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../processIdentity.js";
import { insertFoundJobs, setOutcome, toNewJob, toOutcome } from "./catalogRow.js";
import { asideFolder, endedPath, jobFilePath, jobFolder, jobsFolder, removedFolder, submitterPath } from "./layout.js";
import { liveHolder } from "./lease.js";
import { isPassing } from "./passingError.js";
import { finishRemoval } from "./removal.js";
import type { Sqlite, SqlRow, Store } from "./sqlite.js";
import { type FoundJob, findInFolder, keepInFolder } from "./storedRecord.js";

/** A folder whose submitter can't be told (it died in the first instant, or belongs to another machine) is left for
 *  so long after it was last written. */
const UNKNOWN_SUBMITTER_MS = 24 * 3_600_000;

/** Some ten milliseconds each, and nobody waits for long. Those that can't be kept take less: no lock is waited for. */
const KEPT_AT_ONCE = 100;

/** What was done to make catalogue and folders agree. */
export interface Adoption {
  /** Jobs that have a line again. */
  readonly adopted: number;
  /** Folders that are nobody's job, moved out of the way. */
  readonly aside: readonly string[];
  /** Folders without a job's file and without a word of who is making it: too young to be moved. */
  readonly empty: readonly string[];
}

/** Makes a home's catalogue and its job folders agree: removals that were cut short are finished, sealed jobs that the catalogue
 *  does not know are entered as their folders tell them, what else is unknown and nobody's is moved aside. No folder of
 *  a job is deleted but one that `jobs rm` had begun to. Any number of processes may do this at once.
 *  @param busyTimeoutMs how long another process's lock on a job's file is waited for */
export function reconcile(home: string, db: Sqlite, busyTimeoutMs: number): Adoption {
  for (const mend of [finishRemovals, keepInFolders, takeOutcomes])
    unlessItMustWait(() => mend(home, db, busyTimeoutMs));
  const found: FoundJob[] = [];
  const aside: string[] = [];
  const empty: string[] = [];
  for (const jobId of unknownFolders(home, db)) {
    if (!isLeft(home, jobId)) {
      if (isEmpty(home, jobId)) empty.push(jobId);
      continue;
    }
    const job = findInFolder(home, jobId, busyTimeoutMs);
    if (job === "later") continue;
    if (job !== null) found.push(job);
    else if (moveAside(home, jobId)) aside.push(jobId);
  }
  const adopted = adopt(db, found);
  for (const { job } of found) rmSync(submitterPath(home, job.jobId), { force: true });
  return { adopted, aside, empty };
}

/** Mends what can wait for the next opening: a full disk must not keep a home from being looked at, and jobs from being removed. */
function unlessItMustWait(mend: () => void): void {
  try {
    mend();
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

/** Enters what a home that can't be written holds into a catalogue of this process's own. */
export function adoptForReading(home: string, db: Sqlite): void {
  const ids = namesIn(home).filter(isJobId);
  adopt(
    db,
    ids.map((jobId) => findInFolder(home, jobId, null)).filter((job) => job !== null && job !== "later"),
  );
}

/** Enters jobs, the oldest first; of those that another process enters meanwhile, its line stays.
 *  @returns how many were not there */
function adopt(db: Store, jobs: readonly FoundJob[]): number {
  if (jobs.length === 0) return 0;
  const inTurn = [...jobs].sort((a, b) => a.job.createdAt.localeCompare(b.job.createdAt));
  return db.transaction(() => insertFoundJobs(db, inTurn));
}

function unknownFolders(home: string, db: Sqlite): string[] {
  // the folders first: one that comes between is known by then
  const ids = namesIn(home).filter(isJobId);
  const known = new Set(db.all("SELECT job_id FROM jobs").map((row) => String(row.job_id)));
  return ids.filter((jobId) => !known.has(jobId));
}

/** What lies beside the jobs' folders, too. A home may have lost them all. */
function namesIn(home: string): string[] {
  return existsSync(jobsFolder(home)) ? readdirSync(jobsFolder(home)) : [];
}

function isJobId(name: string): boolean {
  return name.startsWith("job-");
}

/** A removal that has renamed the folder goes on to its end, whatever the catalogue says. */
function finishRemovals(home: string, db: Sqlite): void {
  const prefix = removedFolder("", "").slice(jobsFolder("").length + 1);
  for (const name of namesIn(home)) {
    if (!name.startsWith(prefix)) continue;
    const jobId = name.slice(prefix.length);
    finishRemoval(home, jobId, () => {
      if (!existsSync(jobFolder(home, jobId))) db.run("DELETE FROM jobs WHERE job_id = ?", jobId);
    });
  }
}

/** Writes lines into their folders that could not be written before, or that an earlier version has left: some each time. */
function keepInFolders(home: string, db: Sqlite): void {
  let kept = 0;
  for (const row of linesNotKept(db)) {
    const end = keepInFolder(home, toNewJob(row), toOutcome(row), 0);
    if (end === "none") return;
    if (end === "not this") continue;
    db.run("UPDATE jobs SET is_kept = 1 WHERE job_id = ? AND status = ?", row.job_id ?? null, row.status ?? null);
    kept++;
    if (kept === KEPT_AT_ONCE) return;
  }
}

/** The newest first. */
function* linesNotKept(db: Sqlite): Generator<SqlRow> {
  const sql = "SELECT * FROM jobs WHERE NOT is_kept AND seq < ? ORDER BY seq DESC LIMIT ?";
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const rows = db.all(sql, before, KEPT_AT_ONCE);
    yield* rows;
    if (rows.length < KEPT_AT_ONCE) return;
    before = Number(rows.at(-1)?.seq);
  }
}

/** Ends lines whose jobs have ended, as their folders tell: those of an older copy of the catalogue. */
function takeOutcomes(home: string, db: Sqlite, busyTimeoutMs: number): void {
  // a runner that is alive ends its jobs by itself
  if (liveHolder(db, Date.now()) !== null) return;
  const unended = db.all("SELECT job_id FROM jobs WHERE status NOT IN ('SUCCEEDED', 'CANCELLED', 'FAILED')");
  for (const jobId of unended.map((row) => String(row.job_id))) {
    // a home may have many jobs that wait: their files are not opened
    if (!existsSync(endedPath(home, jobId))) continue;
    const found = findInFolder(home, jobId, busyTimeoutMs);
    if (found !== null && found !== "later" && found.outcome !== null) setOutcome(db, found);
  }
}

/** @returns whether this process has moved it */
function moveAside(home: string, jobId: string): boolean {
  mkdirSync(asideFolder(home), { recursive: true, mode: 0o700 });
  const name = existsSync(join(asideFolder(home), jobId)) ? `${jobId}-${Date.now()}` : jobId;
  try {
    renameSync(jobFolder(home, jobId), join(asideFolder(home), name));
    return true;
  } catch (error) {
    // another process was faster
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** Whether nobody is making the job in a folder any more: it was entered once, or its submitter has died. */
function isLeft(home: string, jobId: string): boolean {
  const path = submitterPath(home, jobId);
  // the submitter is written before the rows, and removed when the job has been entered
  if (!existsSync(path) && existsSync(jobFilePath(home, jobId))) return true;
  const alive = readAlive(path);
  if (alive !== null) return !alive;
  // rows that are read for days are written all the while
  const file = jobFilePath(home, jobId);
  const times = [jobFolder(home, jobId), file, `${file}-wal`].map(
    (written) => statSync(written, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Date.now() - Math.max(...times) > UNKNOWN_SUBMITTER_MS;
}

/** A submitter writes who it is right behind the folder. */
const SUBMITTER_WRITES_MS = 60_000;

function isEmpty(home: string, jobId: string): boolean {
  if ([jobFilePath(home, jobId), submitterPath(home, jobId)].some((path) => existsSync(path))) return false;
  const madeAt = statSync(jobFolder(home, jobId), { throwIfNoEntry: false })?.mtimeMs;
  return madeAt !== undefined && Date.now() - madeAt > SUBMITTER_WRITES_MS;
}

/** `null` when that can't be told. */
function readAlive(path: string): boolean | null {
  try {
    return isAlive(JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity);
  } catch {
    // not written yet, or cut short: nothing to go by
    return null;
  }
}
