import { commandFor } from "../commandLine.js";
import { InputError, RowmillError } from "../errors.js";
import { NEW_JOB_COLUMNS, newJobValues, toJobRecord, toNewJob, toOutcome } from "./catalogRow.js";
import type { FailedRows } from "./failedRows.js";
import { countValues, SET_COUNTS } from "./jobCounts.js";
import { idsThatBegin, noSuchJob, resolveJobId } from "./jobIds.js";
import { liveHolder, type RunnerLease } from "./lease.js";
import { FINAL_STATUSES, type JobCounts, type JobRecord, type JobStatus } from "./record.js";
import { finishRemoval, setFolderAsideForRemoval } from "./removal.js";
import type { SqlRow, Store } from "./sqlite.js";
import { keepInFolder, type NewJob } from "./storedRecord.js";
import { checkTransition } from "./transitions.js";

export interface StatusChange {
  /** Why it failed. */
  readonly failure?: string;
  /** Why rows failed. */
  readonly failures?: readonly FailedRows[];
  readonly counts?: JobCounts;
  /** The runner that changes it: nothing is changed unless the job is still this runner's. */
  readonly runner?: Pick<RunnerLease, "token">;
}

/** What the planner measured of a model on this machine. */
export interface StoredCalibration {
  readonly model: string;
  readonly madeAt: string;
  readonly result: Readonly<Record<string, unknown>>;
}

/** A job that waits for a runner. */
export interface QueueEntry {
  readonly jobId: string;
  /** Of its line. */
  readonly seq: number;
  /** What it wants that others have, as a runner has found. */
  readonly waitsFor: string | null;
}

export interface JobFilter {
  readonly status?: readonly JobStatus[];
  /** The newest so many. */
  readonly limit?: number;
}

// the condition of the index jobs_by_turn, word for word, so that ended jobs are never looked at
const UNENDED = "status NOT IN ('SUCCEEDED', 'CANCELLED', 'FAILED')";
const WAITING = `${UNENDED}
  AND (status = 'QUEUED' OR (status IN ('STARTING', 'RUNNING') AND runner_token IS NOT ?))`;

// what has passed since it was last counted; a clock that was set back counts nothing
const RUN_TIME = `run_ms = run_ms + max(0, coalesce(?1 - counted_ms, 0))`;

/** So many runners in a row that end without a finished row mean that the job ends them. */
const MOST_DEATHS = 10;

/** What a home knows of its jobs. Every method is one transaction; any number of processes may use it at once. */
export class Catalog {
  /** For the lease, which lies in the same file. */
  readonly db: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly #homePath: string;
  /** How long another process's lock on a job's file is waited for. */
  readonly #busyTimeoutMs: number;
  /** Jobs whose end the running transaction has written. */
  #ended: string[] = [];

  constructor(db: Store, home: { readonly path: string; readonly busyTimeoutMs: number }, clock: () => number) {
    this.db = db;
    this.clock = clock;
    this.#homePath = home.path;
    this.#busyTimeoutMs = home.busyTimeoutMs;
  }

  /** Enters jobs whose rows are durable, all or none; from now on others see them. Their folders hold the same already. */
  submitAll(jobs: readonly NewJob[]): void {
    const sql = `INSERT INTO jobs (${NEW_JOB_COLUMNS}, status) VALUES (${"?, ".repeat(10)}'QUEUED')`;
    this.db.transaction(() => this.db.runEach(sql, jobs, newJobValues));
  }

  /** @param jobId  whole, or any beginning of it that no other job shares, with or without "job-"
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB (names the nearest), ROWMILL_AMBIGUOUS_JOB */
  get(jobId: string): JobRecord {
    const row = this.db.get("SELECT * FROM jobs WHERE job_id = ?", this.resolveId(jobId));
    if (row === undefined) throw noSuchJob(this.db, this.#homePath, jobId);
    return toJobRecord(row);
  }

  /** The whole id that a beginning stands for.
   *  @throws {InputError} as `get` */
  resolveId(jobId: string): string {
    return resolveJobId(this.db, this.#homePath, jobId);
  }

  /** Newest first. */
  list(filter: JobFilter = {}): JobRecord[] {
    const statuses = filter.status === undefined ? null : JSON.stringify(filter.status);
    return this.db
      .all(
        `SELECT * FROM jobs WHERE ?1 IS NULL OR status IN (SELECT value FROM json_each(?1))
         ORDER BY seq DESC LIMIT ?2`,
        statuses,
        filter.limit ?? -1,
      )
      .map(toJobRecord);
  }

  /** Those that have not ended, in the order of their turn. */
  unended(): JobRecord[] {
    const sql = `SELECT * FROM jobs WHERE ${UNENDED} ORDER BY priority, seq`;
    return this.db.all(sql).map(toJobRecord);
  }

  /** Says what a queued job wants that others have, e.g. "memory"; null for none of that. */
  setWaitsFor(jobId: string, what: string | null): void {
    this.db.run("UPDATE jobs SET waits_for = ? WHERE job_id = ?", what, jobId);
  }

  waitsFor(jobId: string): string | null {
    return (this.db.get("SELECT waits_for FROM jobs WHERE job_id = ?", jobId)?.waits_for as string | null) ?? null;
  }

  /** UNKNOWN for an id that no job has. */
  status(jobId: string): JobStatus {
    const ids = idsThatBegin(this.db, jobId);
    const row =
      ids.length === 1 ? this.db.get("SELECT status FROM jobs WHERE job_id = ?", ids[0] as string) : undefined;
    return (row?.status as JobStatus | undefined) ?? "UNKNOWN";
  }

  /** The first jobs that a runner may claim, in the order of their turn, by priority, then by age: queued ones and those that a
   *  runner which is gone has left. */
  queue(limit: number): QueueEntry[] {
    const sql = `SELECT job_id, seq, waits_for FROM jobs WHERE ${WAITING} ORDER BY priority, seq LIMIT ?`;
    const rows = this.db.all(sql, liveHolder(this.db, this.clock())?.token ?? null, limit);
    return rows.map((row) => ({
      jobId: String(row.job_id),
      seq: Number(row.seq),
      waitsFor: row.waits_for as string | null,
    }));
  }

  /** The job of a line of the queue, null when it has left the catalogue meanwhile.
   *  @throws {RowmillError} ROWMILL_STORE_BROKEN, of which the catalogue is made anew, for a line that its own id does not find */
  findQueued({ jobId, seq }: Pick<QueueEntry, "jobId" | "seq">): JobRecord | null {
    return this.db.transaction(() => {
      const row = this.db.get("SELECT * FROM jobs WHERE job_id = ?", jobId);
      if (row?.seq === seq) return toJobRecord(row);
      if (this.db.get("SELECT job_id FROM jobs WHERE seq = ?", seq)?.job_id === jobId) throw twice(jobId);
      return null;
    });
  }

  /** Takes a waiting job for a runner (→ STARTING): of several that ask at once, one gets it. It may be one that a former runner
   *  left STARTING or RUNNING; those that it left CANCELLING become CANCELLED, and one over which too many have died FAILED.
   *  @returns `null` when the job is no longer to be had, or when the runner's lease is lost
   *  @throws {RowmillError} ROWMILL_STORE_BROKEN, of which the catalogue is made anew */
  claim(jobId: string, runner: Pick<RunnerLease, "token" | "pid">): JobRecord | null {
    return this.#endingJobs(() => {
      if (liveHolder(this.db, this.clock())?.token !== runner.token) return null;
      this.#endCancelled(runner.token);
      const line = this.db.get(`SELECT *, (${WAITING}) AS waits FROM jobs WHERE job_id = ?`, runner.token, jobId);
      if (!line?.waits) {
        this.#checkOneLine(jobId, runner.token);
        return null;
      }
      const job = toJobRecord(line);
      if (job.status !== "QUEUED" && this.#hasKilledTooMany(jobId)) return null;
      checkTransition([job.status], "STARTING");
      this.db.run(
        `UPDATE jobs SET status = 'STARTING', runner_pid = ?, runner_token = ?, started_at = coalesce(started_at, ?),
           counted_ms = ?, rows_at_claim = rows_done + rows_failed, waits_for = NULL
         WHERE job_id = ?`,
        runner.pid,
        runner.token,
        this.#now(),
        this.clock(),
        jobId,
      );
      return this.get(jobId);
    });
  }

  /** The jobs that a runner is to cancel. */
  cancelling({ token }: Pick<RunnerLease, "token">): string[] {
    const sql = `SELECT job_id FROM jobs WHERE ${UNENDED} AND status = 'CANCELLING' AND runner_token = ?`;
    return this.db.all(sql, token).map((row) => String(row.job_id));
  }

  /** Changes a job's status if it is one of `from` now, else nothing.
   *  @returns whether it was changed
   *  @throws {RowmillError} ROWMILL_ILLEGAL_TRANSITION when `to` can't follow each of `from` */
  setStatus(jobId: string, from: readonly JobStatus[], to: JobStatus, change: StatusChange = {}): boolean {
    checkTransition(from, to);
    return this.#endingJobs(() => {
      const now = this.db.get("SELECT status, runner_token FROM jobs WHERE job_id = ?", jobId);
      if (now === undefined || !from.includes(now.status as JobStatus)) return false;
      if (change.runner !== undefined && now.runner_token !== change.runner.token) return false;
      if (change.counts !== undefined) this.snapshot(jobId, change.counts);
      if (FINAL_STATUSES.has(to)) this.#ended.push(jobId);
      const isHeld = to === "STARTING" || to === "RUNNING" || to === "CANCELLING";
      this.db.run(
        `UPDATE jobs SET ${RUN_TIME}, counted_ms = CASE WHEN ?6 AND counted_ms IS NOT NULL THEN ?1 END,
           status = ?3, failure = ?4, finished_at = ?5, failures = ?7, is_kept = is_kept AND ?5 IS NULL,
           runner_pid = CASE WHEN ?6 THEN runner_pid END, runner_token = CASE WHEN ?6 THEN runner_token END
         WHERE job_id = ?2`,
        this.clock(),
        jobId,
        to,
        change.failure ?? null,
        FINAL_STATUSES.has(to) ? this.#now() : null,
        isHeld ? 1 : 0,
        change.failures === undefined ? null : JSON.stringify(change.failures),
      );
      return true;
    });
  }

  /** Writes down how far a job is and how long it has run, for whoever can't see its live counters.
   *  @param runner the runner that counts: nothing is written unless the job is still this runner's */
  snapshot(jobId: string, counts: JobCounts, runner: Pick<RunnerLease, "token"> | null = null): void {
    this.db.run(
      `UPDATE jobs SET ${RUN_TIME}, counted_ms = CASE WHEN counted_ms IS NOT NULL THEN ?1 END,
         ${SET_COUNTS}
       WHERE job_id = ? AND ${UNENDED} AND (? IS NULL OR runner_token = ?)`,
      this.clock(),
      ...countValues(counts),
      jobId,
      runner?.token ?? null,
      runner?.token ?? null,
    );
  }

  /** Counts how long the jobs have run that a runner is about to begin: of those that run, the snapshots do. */
  countStarting({ token }: Pick<RunnerLease, "token">): void {
    const starting = `${UNENDED} AND status = 'STARTING' AND runner_token =`;
    // a look takes no lock
    if (this.db.get(`SELECT 1 FROM jobs WHERE ${starting} ?`, token) === undefined) return;
    this.db.run(`UPDATE jobs SET ${RUN_TIME}, counted_ms = ?1 WHERE ${starting} ?2`, this.clock(), token);
  }

  /** Keeps what the planner chose, and why. */
  setPlan(jobId: string, plan: Readonly<Record<string, unknown>>): void {
    this.db.run("UPDATE jobs SET plan = ? WHERE job_id = ?", JSON.stringify(plan), jobId);
  }

  /** What was measured before under a key, as it was given to `keepCalibration`; null when nothing was. */
  calibration(key: string): StoredCalibration | null {
    const row = this.db.get("SELECT model, made_at, result FROM calibrations WHERE key = ?", key);
    return row === undefined ? null : toCalibration(row);
  }

  keepCalibration(key: string, model: string, result: Readonly<Record<string, unknown>>): void {
    this.db.run(
      "INSERT OR REPLACE INTO calibrations (key, model, made_at, result) VALUES (?, ?, ?, ?)",
      key,
      model,
      new Date(this.clock()).toISOString(),
      JSON.stringify(result),
    );
  }

  /** What an endpoint told, as it was given to `keepEndpointFacts`; null when it was never asked. */
  endpointFacts(key: string): Readonly<Record<string, unknown>> | null {
    const row = this.db.get("SELECT facts FROM endpoints WHERE key = ?", key);
    return row === undefined ? null : (JSON.parse(String(row.facts)) as Record<string, unknown>);
  }

  keepEndpointFacts(key: string, facts: object): void {
    const sql = "INSERT OR REPLACE INTO endpoints (key, told_at, facts) VALUES (?, ?, ?)";
    this.db.run(sql, key, this.#now(), JSON.stringify(facts));
  }

  /** All measurements, the newest first. */
  calibrations(): StoredCalibration[] {
    return this.db.all("SELECT model, made_at, result FROM calibrations ORDER BY made_at DESC, key").map(toCalibration);
  }

  /** Stops a job: CANCELLED at once when no living runner has it, else CANCELLING until its runner has stopped.
   *  A job that has ended stays as it is.
   *  @returns the job afterwards
   *  @throws {InputError} as `get` */
  cancel(jobId: string): JobRecord {
    const id = this.resolveId(jobId);
    return this.#endingJobs(() => {
      const job = this.get(id);
      if (FINAL_STATUSES.has(job.status)) return job;
      const holder = liveHolder(this.db, this.clock());
      if (job.status === "QUEUED") {
        this.#end(id, "CANCELLED");
      } else {
        this.db.run("UPDATE jobs SET status = 'CANCELLING' WHERE job_id = ?", id);
        this.#endCancelled(holder?.token ?? null);
      }
      return this.get(id);
    });
  }

  /** Forgets a job that has ended and deletes its folder.
   *  @throws {InputError} ROWMILL_JOB_NOT_ENDED, or as `get` */
  remove(jobId: string): void {
    const id = this.resolveId(jobId);
    const job = this.get(id);
    if (!FINAL_STATUSES.has(job.status)) {
      const how = `cancel it first (\`${commandFor(this.#homePath, "jobs", "cancel", id)}\`) or wait for its end`;
      throw new InputError("ROWMILL_JOB_NOT_ENDED", `${id} is ${job.status} and can't be removed: ${how}`);
    }
    // the folder's name goes first: a folder without a line would be adopted, and a removal that is cut short goes on
    // when the home is next opened
    setFolderAsideForRemoval(this.#homePath, id);
    finishRemoval(this.#homePath, id, () => void this.db.run("DELETE FROM jobs WHERE job_id = ?", id));
  }

  /** Runs a transaction and writes each end in it into the job's folder, too. */
  #endingJobs<T>(body: () => T): T {
    this.#ended = [];
    const value = this.db.transaction(body);
    for (const jobId of this.#ended) this.#keep(jobId);
    return value;
  }

  #keep(jobId: string): void {
    const row = this.db.get("SELECT * FROM jobs WHERE job_id = ?", jobId);
    if (row === undefined) return;
    const end = keepInFolder(this.#homePath, toNewJob(row), toOutcome(row), this.#busyTimeoutMs);
    if (end !== "kept") return;
    this.db.run("UPDATE jobs SET is_kept = 1 WHERE job_id = ?", jobId);
  }

  /** Whether one runner after the other has died over a job that the last one left: it fails here. */
  #hasKilledTooMany(jobId: string): boolean {
    this.db.run(
      `UPDATE jobs SET deaths = CASE WHEN rows_done + rows_failed > rows_at_claim THEN 0 ELSE deaths + 1 END
       WHERE job_id = ?`,
      jobId,
    );
    const deaths = Number(this.db.get("SELECT deaths FROM jobs WHERE job_id = ?", jobId)?.deaths);
    if (deaths < MOST_DEATHS) return false;
    this.#end(
      jobId,
      "FAILED",
      `${deaths} runners died one after the other over this job without finishing a row (killed, out of memory, or a crash in native code)`,
    );
    return true;
  }

  /** A line that its own id does not find stands there twice, as in a file that an older one was written over: it can't be claimed by
   *  its id, and would wait for ever.
   *  @throws {RowmillError} ROWMILL_STORE_BROKEN */
  #checkOneLine(jobId: string, runnerToken: string): void {
    const sql = `SELECT job_id FROM jobs INDEXED BY jobs_by_turn WHERE ${WAITING} ORDER BY priority, seq`;
    if (!this.db.all(sql, runnerToken).some((row) => row.job_id === jobId)) return;
    throw twice(jobId);
  }

  /** Ends jobs that were to be cancelled when their runner died: for a runner that begins.
   *  @param runner the living runner: its own jobs it ends itself */
  endCancelled(runner: Pick<RunnerLease, "token">): void {
    this.#endingJobs(() => this.#endCancelled(runner.token));
  }

  /** Ends what was to be cancelled and belongs to no living runner. */
  #endCancelled(runnerToken: string | null): void {
    const sql = `SELECT job_id FROM jobs WHERE ${UNENDED} AND status = 'CANCELLING' AND runner_token IS NOT ?`;
    for (const row of this.db.all(sql, runnerToken)) this.#end(String(row.job_id), "CANCELLED");
  }

  /** @param failure why it failed */
  #end(jobId: string, status: "CANCELLED" | "FAILED", failure: string | null = null): void {
    this.#ended.push(jobId);
    this.db.run(
      `UPDATE jobs SET status = ?, failure = ?, finished_at = ?, is_kept = 0, runner_pid = NULL, runner_token = NULL,
         counted_ms = NULL
       WHERE job_id = ?`,
      status,
      failure,
      this.#now(),
      jobId,
    );
  }

  #now(): string {
    return new Date(this.clock()).toISOString();
  }
}

function twice(jobId: string): RowmillError {
  return new RowmillError("ROWMILL_STORE_BROKEN", `the catalogue has ${jobId} twice: it is damaged`);
}

function toCalibration(row: SqlRow): StoredCalibration {
  const result = JSON.parse(row.result as string) as Record<string, unknown>;
  return { model: row.model as string, madeAt: row.made_at as string, result };
}
