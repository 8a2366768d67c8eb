import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { EncodedBatch } from "../data/index.js";
import { EXIT, RowmillError } from "../errors.js";
import { ownIdentity } from "../processIdentity.js";
import type { ResultBatch, ResultRow } from "../results/index.js";
import { commonestFailures, type FailedRows } from "./failedRows.js";
import { FileIdentity } from "./fileIdentity.js";
import { JOB_MIGRATIONS } from "./jobTables.js";
import { countersPath, jobFilePath, jobFolder, submitterPath } from "./layout.js";
import { packLogprobs } from "./packedLogprobs.js";
import { openForReading } from "./readingStore.js";
import type { JobCounts } from "./record.js";
import { syncFolder } from "./removal.js";
import { ALL_ROWS, type RowRange, readOutputs, readResultBatches } from "./resultBatches.js";
import { BUSY_TIMEOUT_MS, fromSqlText, Sqlite, storeError, toSqlText } from "./sqlite.js";
import { countResults, type NewJob, writeStoredJob } from "./storedRecord.js";

/** A row at submission. */
export interface NewRow {
  readonly prompt: string | null;
}

/** A row that has no result yet. */
export interface PendingRow extends NewRow {
  readonly index: number;
}

/** What became of results that were handed in. */
export interface Stored {
  readonly stored: number;
  /** Results for rows that had one already: the first stays. */
  readonly duplicates: number;
}

/** A job's rows and results: one SQLite file in the job's folder. One process writes at a time, others may read. */
export class JobFile implements Disposable {
  readonly jobId: string;
  readonly folder: string;
  /** Where the page of live counters belongs. */
  readonly countersPath: string;
  readonly #db: Sqlite;
  readonly #home: string;
  #isSealed: boolean;
  #rowCount: number;
  /** The runner that appends, with the file that it began on. */
  #claim: { readonly token: string; readonly identity: FileIdentity } | null = null;

  private constructor(home: string, jobId: string, use: "create" | "write" | "read", busyTimeoutMs = BUSY_TIMEOUT_MS) {
    this.jobId = jobId;
    this.#home = home;
    this.folder = jobFolder(home, jobId);
    this.countersPath = countersPath(home, jobId);
    // rows are synced once, when the job is sealed; results at every transaction
    const synchronous = use === "create" ? "normal" : "full";
    const path = jobFilePath(home, jobId);
    this.#db =
      use === "read"
        ? openForReading(path, JOB_MIGRATIONS)
        : new Sqlite(path, { migrations: JOB_MIGRATIONS, synchronous, busyTimeoutMs });
    const sealed = this.#db.get("SELECT row_count FROM sealed");
    this.#isSealed = sealed !== undefined;
    this.#rowCount = Number(sealed?.row_count ?? 0);
  }

  /** Begins a job: nobody sees it until it is sealed and entered in the catalogue.
   *  @throws {RowmillError} ROWMILL_DISK_FULL */
  static create(home: { readonly path: string }, jobId: string): JobFile {
    const folder = jobFolder(home.path, jobId);
    let isMade = false;
    try {
      mkdirSync(folder, { mode: 0o700 });
      isMade = true;
      writeFileSync(submitterPath(home.path, jobId), JSON.stringify(ownIdentity()), { mode: 0o600 });
      return new JobFile(home.path, jobId, "create");
    } catch (error) {
      // a folder that was there before is another job's
      if (isMade) rmSync(folder, { recursive: true, force: true });
      throw storeError(error, folder);
    }
  }

  /** Opens a sealed job.
   *  @throws {RowmillError} ROWMILL_JOB_FILE_MISSING */
  static open(
    home: { readonly path: string; readonly isReadOnly?: boolean; readonly busyTimeoutMs?: number },
    jobId: string,
  ): JobFile {
    const path = jobFilePath(home.path, jobId);
    if (existsSync(path)) {
      const job = new JobFile(home.path, jobId, home.isReadOnly ? "read" : "write", home.busyTimeoutMs);
      if (job.#isSealed) return job;
      job.close();
    }
    const message = `${jobId} has no rows at ${path}: its files were removed or never completed; submit it again`;
    throw new RowmillError("ROWMILL_JOB_FILE_MISSING", message);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Adds the next rows, all or none.
   *  @param inputs  the same rows as they were read; `null` for a list of strings
   *  @throws {RowmillError} ROWMILL_DISK_FULL */
  appendRows(rows: readonly NewRow[], inputs: EncodedBatch | null): void {
    if (this.#isSealed) throw bug(`${this.jobId} is sealed and takes no more rows`);
    if (rows.length === 0) return;
    let index = this.#rowCount;
    this.#db.transaction(() => {
      this.#db.runEach("INSERT INTO rows (i, prompt, tokens) VALUES (?, ?, 0)", rows, ({ prompt }) => [
        index++,
        toSqlText(prompt),
      ]);
      if (inputs === null) return;
      const sql = "INSERT INTO batches (first, row_count, format, bytes) VALUES (?, ?, ?, ?)";
      this.#db.run(sql, this.#rowCount, rows.length, inputs.format, inputs.bytes);
    });
    this.#rowCount = index;
  }

  /** Ends the rows: afterwards they outlive a power cut, and the job may be entered in the catalogue.
   *  @throws {RowmillError} ROWMILL_DISK_FULL */
  seal(): void {
    this.#db.run("INSERT INTO sealed (id, row_count) VALUES (1, ?)", this.#rowCount);
    this.#db.checkpoint();
    this.#db.exec("PRAGMA synchronous = full");
    syncFolder(this.folder);
    this.#isSealed = true;
  }

  /** Keeps the job itself beside its rows, before they are sealed: so that a lost catalogue can be made anew. */
  keepRecord(job: NewJob): void {
    writeStoredJob(this.#db, job, null);
  }

  /** Says that the catalogue has the job now: whoever made it is of no more interest. */
  markEntered(): void {
    rmSync(submitterPath(this.#home, this.jobId), { force: true });
  }

  /** Makes this runner the one that may append results: one that had claimed the job before can't any more. */
  claim(token: string): void {
    this.#db.run("INSERT OR REPLACE INTO claim (id, token) VALUES (1, ?)", token);
    this.#claim = { token, identity: new FileIdentity(this.#db.path) };
  }

  /** Deletes a job that was never entered in the catalogue. */
  abandon(): void {
    this.#db.close(false);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The next rows that have no result, in order.
   *  @param after  the index before the first that is wanted: −1 for all */
  pendingRows(after: number, limit: number): PendingRow[] {
    const sql = `SELECT i, prompt FROM rows WHERE i > ? AND NOT EXISTS
      (SELECT 1 FROM results WHERE results.i = rows.i) ORDER BY i LIMIT ?`;
    return this.#db.all(sql, after, limit).map((row) => ({ index: Number(row.i), prompt: fromSqlText(row.prompt) }));
  }

  /** Keeps results, all or none; afterwards they outlive a power cut.
   *  @throws {RowmillError} ROWMILL_DISK_FULL; ROWMILL_JOB_FILE_LOST when the claimed file was deleted or replaced,
   *    ROWMILL_JOB_TAKEN when another runner has claimed it */
  appendResults(results: readonly ResultRow[]): Stored {
    const sql = `INSERT INTO results (i, output, error, logprob, input_tokens, shared_tokens, output_tokens,
      probabilities, token_logprobs, field_probabilities, finish, input_cut)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (i) DO NOTHING`;
    this.checkInPlace();
    const stored = this.#db.transaction(() => {
      this.#checkClaim();
      return this.#db.runEach(sql, results, (result) => [
        result.index,
        toSqlText(result.output),
        toSqlText(result.error),
        result.cumulativeLogprob,
        result.inputTokens,
        result.sharedTokens ?? 0,
        result.outputTokens,
        result.labelProbabilities === null ? null : JSON.stringify(result.labelProbabilities),
        result.tokenLogprobs ? packLogprobs(result.tokenLogprobs) : null,
        result.fieldProbabilities ? JSON.stringify(result.fieldProbabilities) : null,
        result.finish ?? null,
        result.isInputCut === true ? 1 : 0,
      ]);
    });
    return { stored, duplicates: results.length - stored };
  }

  /** What the results add up to: where a resumed job's counters begin. */
  resultCounts(): JobCounts {
    return countResults(this.#db);
  }

  /** Whether the claimed file is still the one at its path.
   *  @throws {RowmillError} ROWMILL_JOB_FILE_LOST */
  checkInPlace(): void {
    if (this.#claim === null || this.#claim.identity.state() === "same") return;
    throw lost(this.jobId, `${this.#db.path} was deleted, replaced or cut while the job ran`);
  }

  /** Whether the file of a job that is done holds each row and a result for each: for one that was opened anew, so that what
   *  is on the disk is read.
   *  @param counts    its `resultCounts`
   *  @param rowsTotal how many rows were submitted
   *  @throws {RowmillError} ROWMILL_JOB_FILE_LOST */
  checkWhole({ rowsDone, rowsFailed }: JobCounts, rowsTotal: number): void {
    const results = rowsDone + rowsFailed;
    const rows = Number(this.#db.get("SELECT max(i) AS last FROM rows")?.last ?? -1) + 1;
    if (this.#rowCount === rowsTotal && rows === rowsTotal && results === rowsTotal) return;
    const found = `${results} results for ${rows} of ${rowsTotal} rows`;
    throw lost(this.jobId, `${this.#db.path} holds ${found}: it was changed from outside while the job ran`);
  }

  /** Why rows failed, the commonest kinds first. */
  failures(): FailedRows[] {
    return commonestFailures(this.#db);
  }

  #checkClaim(): void {
    if (this.#claim === null) return;
    if (this.#db.get("SELECT token FROM claim")?.token === this.#claim.token) return;
    throw new RowmillError("ROWMILL_JOB_TAKEN", `${this.jobId} is run by another runner now`, {
      exitCode: EXIT.jobFailed,
    });
  }

  /** Rows in order, each with its prompt, its input and its result ("not run" where there is none), one batch read at a time. A
   *  table comes in the batches that it was read in, cut to the range, a list in batches of `size`. */
  resultBatches(size: number, range: RowRange = ALL_ROWS): AsyncIterable<ResultBatch> {
    return readResultBatches(this.#db, size, range);
  }

  /** The outputs of the rows that have one, in order, `size` read at a time. */
  outputs(size: number): Iterable<string> {
    return readOutputs(this.#db, size);
  }

  close(): void {
    this.#db.close();
  }

  /** Closes the file; a job that was not sealed is abandoned. */
  [Symbol.dispose](): void {
    if (this.#isSealed) this.close();
    else this.abandon();
  }
}

function lost(jobId: string, what: string): RowmillError {
  return new RowmillError("ROWMILL_JOB_FILE_LOST", `results of ${jobId} are lost: ${what}; submit the rows again`, {
    exitCode: EXIT.jobFailed,
  });
}

function bug(message: string): RowmillError {
  return new RowmillError("ROWMILL_JOB_SEALED", `${message}; please report this`, { exitCode: EXIT.bug });
}
