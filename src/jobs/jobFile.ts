import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { EncodedBatch } from "../data/index.js";
import { EXIT, RowmillError } from "../errors.js";
import type { ResultBatch, ResultRow } from "../results/index.js";
import type { JobCounts } from "./catalog.js";
import { commonestFailures, type FailedRows } from "./failedRows.js";
import { JOB_MIGRATIONS } from "./jobTables.js";
import { countersPath, jobFilePath, jobFolder, submitterPath } from "./layout.js";
import { packLogprobs } from "./packedLogprobs.js";
import { ownIdentity } from "./processIdentity.js";
import { readResultBatches } from "./resultBatches.js";
import { fromSqlText, Sqlite, storeError, toSqlText } from "./sqlite.js";

/** A row at submission. */
export interface NewRow {
  readonly prompt: string | null;
  /** Tokens of its text, without prefix and suffix. */
  readonly tokens: number;
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
  #isSealed: boolean;
  #rowCount: number;

  private constructor(home: string, jobId: string, isNew: boolean) {
    this.jobId = jobId;
    this.folder = jobFolder(home, jobId);
    this.countersPath = countersPath(home, jobId);
    // rows are synced once, when the job is sealed; results at every transaction
    const synchronous = isNew ? "normal" : "full";
    this.#db = new Sqlite(jobFilePath(home, jobId), { migrations: JOB_MIGRATIONS, synchronous });
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
      return new JobFile(home.path, jobId, true);
    } catch (error) {
      // a folder that was there before is another job's
      if (isMade) rmSync(folder, { recursive: true, force: true });
      throw storeError(error, folder);
    }
  }

  /** Opens a sealed job.
   *  @throws {RowmillError} ROWMILL_JOB_FILE_MISSING */
  static open(home: { readonly path: string }, jobId: string): JobFile {
    const path = jobFilePath(home.path, jobId);
    if (existsSync(path)) {
      const job = new JobFile(home.path, jobId, false);
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
      this.#db.runEach("INSERT INTO rows (i, prompt, tokens) VALUES (?, ?, ?)", rows, (row) => [
        index++,
        toSqlText(row.prompt),
        row.tokens,
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

  /** Deletes a job that was never entered in the catalogue. */
  abandon(): void {
    this.#db.close(false);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The next rows that have no result, in order.
   *  @param after  the index before the first that is wanted: −1 for all */
  pendingRows(after: number, limit: number): PendingRow[] {
    const sql = `SELECT i, prompt, tokens FROM rows WHERE i > ? AND NOT EXISTS
      (SELECT 1 FROM results WHERE results.i = rows.i) ORDER BY i LIMIT ?`;
    return this.#db.all(sql, after, limit).map((row) => ({
      index: Number(row.i),
      prompt: fromSqlText(row.prompt),
      tokens: Number(row.tokens),
    }));
  }

  /** Keeps results, all or none; afterwards they outlive a power cut.
   *  @throws {RowmillError} ROWMILL_DISK_FULL */
  appendResults(results: readonly ResultRow[]): Stored {
    const sql = `INSERT INTO results (i, output, error, logprob, input_tokens, shared_tokens, output_tokens,
      probabilities, token_logprobs, field_probabilities, finish, input_cut)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (i) DO NOTHING`;
    const stored = this.#db.transaction(() =>
      this.#db.runEach(sql, results, (result) => [
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
      ]),
    );
    return { stored, duplicates: results.length - stored };
  }

  /** What the results add up to: where a resumed job's counters begin. */
  resultCounts(): JobCounts {
    const row = this.#db.get(
      `SELECT count(output) AS done, count(error) AS failed, total(output IS NOT NULL AND finish = 'length') AS cut,
         total(input_tokens) AS input, total(shared_tokens) AS shared, total(output_tokens) AS output
       FROM results`,
    );
    return {
      rowsDone: Number(row?.done),
      rowsFailed: Number(row?.failed),
      rowsCut: Number(row?.cut),
      inputTokens: Number(row?.input),
      sharedTokens: Number(row?.shared),
      outputTokens: Number(row?.output),
    };
  }

  /** Why rows failed, the commonest kinds first. */
  failures(): FailedRows[] {
    return commonestFailures(this.#db);
  }

  /** All rows in order, each with its prompt, its input and its result ("not run" where there is none). A table comes
   *  in the batches that it was read in, a list in batches of `size`. */
  resultBatches(size: number): AsyncIterable<ResultBatch> {
    return readResultBatches(this.#db, size);
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

/** Makes a folder's own entries durable, where the system can. */
function syncFolder(folder: string): void {
  // Windows opens no folders
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function bug(message: string): RowmillError {
  return new RowmillError("ROWMILL_JOB_SEALED", `${message}; please report this`, { exitCode: EXIT.bug });
}
