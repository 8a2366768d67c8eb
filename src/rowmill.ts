import { setTimeout as sleep } from "node:timers/promises";
import type { Table } from "apache-arrow";
import { commandFor, defaultHome } from "./commandLine.js";
import type { EngineName } from "./engine/index.js";
import { InputError } from "./errors.js";
import { messageLine } from "./foreignText.js";
import { givenPath, givenText, requireWorkingFolder } from "./given.js";
import { whileHeld } from "./heldProcess.js";
import "./inheritedDescriptors.js";
import { examine } from "./doctor.js";
import type { InferOptions } from "./inferTable.js";
import { describeEnding } from "./jobEnding.js";
import {
  countersPath,
  FINAL_STATUSES,
  type Home,
  type JobStatus,
  keepUntold,
  openHome,
  type Quota,
  requireWritable,
  takeUntold,
} from "./jobs/index.js";
import type { JsonStyle } from "./jsonStyle.js";
import { writeLine } from "./lastingStream.js";
import { listModels, type ModelListing, type ResolvedModel, resolveModel, showModel } from "./models/index.js";
import { type OpenResults, openResults } from "./openResults.js";
import { type NamingText, type OptionWords, programText, textIn } from "./optionNames.js";
import type { SchemaReport } from "./output/index.js";
import { attachCounters, ProgressEmitter, type ProgressMode, PullLine, showProgress } from "./progress/index.js";
import type { ResultFormat } from "./results/index.js";
import {
  type AwaitOptions,
  attachOptions,
  awaitOptions,
  type CheckedResultOptions,
  configuredEngine,
  type DoctorReport,
  pullOptions,
  type ResultOptions,
  type RowmillOptions,
  type RowOptions,
  resultOptions,
  rowmillOptions,
  rowOptions,
  schemaOptions,
  type WaitingJob,
} from "./rowmillOptions.js";
import { linkInProcess, linkToProcess, type RunnerLink } from "./runner/index.js";
import type { SchemaInPrompt } from "./schemaInPrompt.js";
import { definedOf, parseStrict } from "./strictOptions.js";
import { JOB_DEFAULTS } from "./submission/defaults.js";
import type { Estimate } from "./submission/index.js";
import { type Surroundings, submissionContext } from "./submissionContext.js";
import type {
  JobId,
  OutputOf,
  PlainUnpacked,
  Rows,
  StandardSchemaLike,
  Texts,
  TypedInfer,
  UnpackedRow,
} from "./typedResults.js";
import { withWaiting } from "./waitingJobs.js";

export type { ModelFit } from "./modelFits.js";
export type {
  AwaitOptions,
  CalibrationReport,
  DoctorReport,
  ResultOptions,
  RowmillOptions,
  RowOptions,
  WaitingJob,
} from "./rowmillOptions.js";
export { JOB_DEFAULTS } from "./submission/defaults.js";
export type { JobId, OutputOf, UnpackedRow } from "./typedResults.js";

// Submission, schema and results are imported where they are used: with Arrow and node-llama-cpp behind them they cost
// half a second that `jobs status` should not take.

const JOB_ID = "the job's id";
const MODEL_NAME = "the model's name";
const RESULT_PATH = "the path of the results";
const AWAIT_POLL_SECONDS = 5;
const AWAIT_TIMEOUT_SECONDS = 7200;

/** Runs a language model over every row of a table.
 *
 *  A job is durable: once `infer` has given its id it survives the end of this process and of the runner. Any number of
 *  processes may use one home at once. */
export class Rowmill implements AsyncDisposable {
  readonly #home: Home;
  readonly #models: Readonly<Record<string, string>>;
  readonly #engine: EngineName;
  readonly #output: NodeJS.WriteStream | null;
  readonly #progress: ProgressMode;
  readonly #command: string;
  readonly #optionWords: OptionWords | null;
  readonly #surroundings: Surroundings;
  readonly #runner: RunnerLink;
  /** Those that may still look into the home. */
  readonly #emitters = new Set<ProgressEmitter>();

  /** Opens the home, and makes it first where there is none; one that can't be written is opened for reading.
   *  @throws {InputError} ROWMILL_UNKNOWN_OPTION, ROWMILL_BAD_OPTION, ROWMILL_HOME_NOT_WRITABLE, ROWMILL_HOME_NOT_PRIVATE,
   *    ROWMILL_BAD_CONFIG */
  constructor(options: RowmillOptions = {}) {
    const given = parseStrict(rowmillOptions, options, "option");
    requireWorkingFolder();
    this.#output = given.output === undefined ? process.stderr : given.output;
    this.#optionWords = given.optionWords ?? null;
    const home = given.home ?? defaultHome();
    this.#home = openHome(home, {
      // what was repaired is told, if not here then to the next who reads
      say: (line) => (this.#output === null ? keepUntold(home, line) : this.#say(line)),
    });
    if (this.#output !== null) for (const line of takeUntold(home)) this.#say(line);
    this.#models = given.models ?? {};
    this.#engine = given.engine ?? configuredEngine(this.#home.config);
    this.#progress = given.progress ?? "auto";
    this.#command = given.command ?? commandFor(this.#home.path);
    this.#surroundings = {
      home: this.#home,
      models: this.#models,
      output: this.#output,
      progress: this.#progress,
      confirmDownload: options.confirmDownload,
      say: (line) => this.#say(line),
    };
    this.#runner = given.runner === "in-process" ? linkInProcess(this.#home) : linkToProcess(this.#home);
  }

  /** The folder of jobs and models, absolute. */
  get home(): string {
    return this.#home.path;
  }

  infer(data: unknown, options: InferOptions & { dryRun: true; model: readonly string[] }): Promise<Estimate[]>;
  infer(data: unknown, options: InferOptions & { dryRun: true; model?: string }): Promise<Estimate>;
  infer(data: unknown, options: InferOptions & { model: readonly string[] }): Promise<string[]>;
  infer<Schema extends StandardSchemaLike>(
    data: Texts,
    options: InferOptions & TypedInfer<Schema>,
  ): Promise<JobId<OutputOf<Schema> | null>>;
  infer<Schema extends StandardSchemaLike>(
    data: Rows,
    options: InferOptions & TypedInfer<Schema>,
  ): Promise<JobId<UnpackedRow<OutputOf<Schema>>>>;
  infer(data: unknown, options?: InferOptions & { model?: string; dryRun?: false }): Promise<string>;
  infer(data: unknown, options?: InferOptions): Promise<string | string[] | Estimate | Estimate[]>;
  /** Makes a job of the data, one result a row.
   *  @param data an array or (async) iterable of strings or objects, an Arrow table, a DataFrame, or a path or glob of
   *  .csv .tsv .jsonl .ndjson .json .parquet .arrow .feather .txt files, gzip'd too
   *  @returns the job's id, when it has ended if attached, else as soon as it is durable; an array of ids for an array of
   *  models; with `dryRun` the estimate
   *  @throws {InputError} for what is wrong with data, options, schema or model: then no job was made */
  async infer(data: unknown, options: InferOptions = {}): Promise<string | string[] | Estimate | Estimate[]> {
    const { checkOptions, estimateJobs, submitJobs } = await import("./submission/index.js");
    requireWorkingFolder();
    const checked = checkOptions(options, { model: this.#home.config.defaultModel, engine: this.#engine });
    const context = submissionContext(this.#surroundings, checked.engine);
    if (checked.isDryRun) {
      const estimates = await estimateJobs(context, data, checked).finally(context.clear);
      return checked.isModelList ? estimates : (estimates[0] as Estimate);
    }
    const jobIds = await submitJobs(context, data, checked).finally(context.clear);
    this.#runner.ensure();
    if (checked.isModelList) return jobIds;
    const jobId = jobIds[0] as string;
    if (checked.stayAttached) await this.attach(jobId);
    return jobId;
  }

  /** Shows a job's progress until it ends, then says how it ended.
   *  @param options `signal`: ends the watching; the job goes on
   *  @returns its last status
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB */
  async attach(jobId: string, options: { signal?: AbortSignal } = {}): Promise<JobStatus> {
    const { signal } = parseStrict(attachOptions, options, "option");
    const id = this.#home.catalog.resolveId(givenText(JOB_ID, jobId));
    if (!FINAL_STATUSES.has(this.#home.catalog.status(id))) {
      using emitter = this.progress(id);
      const [stream, mode] = this.#output === null ? [process.stderr, "none" as const] : [this.#output, this.#progress];
      await showProgress(emitter, stream, { mode, ...(signal !== undefined && { signal }) });
    }
    const job = this.#home.catalog.get(id);
    if (FINAL_STATUSES.has(job.status)) for (const line of describeEnding(job, this.#command)) this.#say(line);
    return job.status;
  }

  /** Follows a job: events "progress" and "end", and an async iterable of snapshots; ends with the job, or when this
   *  Rowmill is closed.
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB */
  progress(jobId: string): ProgressEmitter {
    const id = this.#home.catalog.resolveId(givenText(JOB_ID, jobId));
    const { catalog } = this.#home;
    const emitter = new ProgressEmitter({
      job: () => {
        const job = catalog.get(id);
        this.#wakeFor([job]);
        return withWaiting(this.#home, [job])[0] as WaitingJob;
      },
      page: () => (catalog.status(id) === "RUNNING" ? attachCounters(countersPath(this.#home.path, id)) : null),
    });
    for (const older of this.#emitters) if (older.ended) this.#emitters.delete(older);
    this.#emitters.add(emitter);
    return emitter;
  }

  /** Waits for a job's end, for pipelines: looks every 5 seconds and prints the status.
   *  @returns the results as `getJobResults` gives them, null when the job failed, was cancelled or time ran out
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB */
  awaitJobCompletion<Row>(jobId: JobId<Row>, options: AwaitOptions & PlainUnpacked): Promise<Row[] | null>;
  awaitJobCompletion(jobId: string, options?: AwaitOptions): Promise<unknown[] | null>;
  async awaitJobCompletion(jobId: string, options: AwaitOptions = {}): Promise<unknown[] | null> {
    const { timeout, silent, pollSeconds, ...shape } = parseStrict(awaitOptions, options, "option");
    const id = this.#home.catalog.resolveId(givenText(JOB_ID, jobId));
    const seconds = timeout === null ? Number.POSITIVE_INFINITY : (timeout ?? AWAIT_TIMEOUT_SECONDS);
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const status = this.#home.catalog.status(id);
      if (silent !== true) this.#say(`Job status is ${status} for ${id}`);
      if (status === "SUCCEEDED") return (await this.getJobResults(id, definedOf(shape))) as unknown[];
      if (FINAL_STATUSES.has(status) || status === "UNKNOWN") return null;
      const left = deadline - Date.now();
      if (left <= 0) return null;
      this.#runner.ensure();
      await this.#waitForEnd(id, Math.min(left, (pollSeconds ?? AWAIT_POLL_SECONDS) * 1000));
    }
  }

  /** @returns one quota a priority; the index is the priority */
  async getQuotas(): Promise<Quota[]> {
    return [...this.#home.config.quotas];
  }

  /** @returns UNKNOWN for an id that no job has */
  async getJobStatus(jobId: string): Promise<JobStatus> {
    const status = this.#home.catalog.status(givenText(JOB_ID, jobId));
    this.#wakeFor([{ status }]);
    return status;
  }

  /** @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB */
  async getJob(jobId: string): Promise<WaitingJob> {
    const job = this.#home.catalog.get(givenText(JOB_ID, jobId));
    this.#wakeFor([job]);
    return withWaiting(this.#home, [job])[0] as WaitingJob;
  }

  /** Newest first. */
  async listJobs(): Promise<WaitingJob[]> {
    const jobs = this.#home.catalog.list();
    this.#wakeFor(jobs);
    return withWaiting(this.#home, jobs);
  }

  /** Stops a job; rows that are done keep their results.
   *  @returns CANCELLED, CANCELLING until its runner has let go, or the status in which it had ended before
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB */
  async cancelJob(jobId: string): Promise<JobStatus> {
    requireWritable(this.#home);
    return this.#home.catalog.cancel(givenText(JOB_ID, jobId)).status;
  }

  /** Forgets a job that has ended, with its rows and results.
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_AMBIGUOUS_JOB, ROWMILL_JOB_NOT_ENDED */
  async removeJob(jobId: string): Promise<void> {
    requireWritable(this.#home);
    this.#home.catalog.remove(givenText(JOB_ID, jobId));
  }

  /** The results in row order: for a list the outputs, for a table its rows with the output column; null where a row
   *  failed or has not run. `Row` is the caller's word for what a result looks like; it is not checked.
   *  @throws {InputError} ROWMILL_NO_SUCH_JOB, ROWMILL_NO_LOGPROBS, ROWMILL_DUPLICATE_COLUMN, for Arrow ROWMILL_INTEGER_RANGE */
  getJobResults<Row>(jobId: JobId<Row>, options: ResultOptions & PlainUnpacked): Promise<Row[]>;
  getJobResults(jobId: string, options: ResultOptions & { format: "arrow" }): Promise<Table>;
  getJobResults<Row = unknown>(jobId: string, options?: ResultOptions & { format?: "array" }): Promise<Row[]>;
  getJobResults(jobId: string, options?: ResultOptions): Promise<unknown>;
  async getJobResults(jobId: string, options: ResultOptions = {}): Promise<unknown> {
    using results = await this.#openResults(jobId, parseStrict(resultOptions, options, "option"));
    const { shape, format } = results;
    const { collectResults, resultsToArrow } = await import("./results/index.js");
    return await (format === "arrow" ? resultsToArrow : collectResults)(results.batches(), shape);
  }

  /** The results as `getJobResults` gives them, row by row as they are asked for, in bounded memory: a job of any size, or by `from`
   *  and `to` a part of one. Whoever stops reading leaves nothing behind.
   *  @throws {InputError} as `getJobResults` */
  iterateJobResults<Row>(
    jobId: JobId<Row>,
    options: RowOptions & Omit<PlainUnpacked, "format">,
  ): AsyncGenerator<Row, void, undefined>;
  iterateJobResults<Row = unknown>(jobId: string, options?: RowOptions): AsyncGenerator<Row, void, undefined>;
  async *iterateJobResults(jobId: string, options: RowOptions = {}): AsyncGenerator<unknown, void, undefined> {
    using results = await this.#openResults(jobId, parseStrict(rowOptions, options, "option"));
    const { eachResult } = await import("./results/index.js");
    yield* eachResult(results.batches(), results.shape);
  }

  /** Writes the results to a file whose ending is the format: .csv .tsv .jsonl .json .parquet .arrow .feather, the text
   *  formats also with .gz; to a path of a stream without one, as /dev/stdout, JSON Lines. The file appears whole or not at all.
   *  @throws {InputError} as `getJobResults`, ROWMILL_UNKNOWN_FORMAT, ROWMILL_INTEGER_RANGE, ROWMILL_NOT_WRITABLE, ROWMILL_DISK_FULL */
  async writeJobResults(
    jobId: string,
    path: string,
    options: ResultOptions = {},
  ): Promise<{ path: string; rows: number }> {
    givenPath(RESULT_PATH, path);
    requireWorkingFolder();
    using results = await this.#openResults(jobId, parseStrict(resultOptions, options, "option"));
    const { writeResults } = await import("./results/index.js");
    return await writeResults(results.batches(), results.shape, path);
  }

  /** The bytes that `writeJobResults` writes to a file of the format, chunk by chunk in bounded memory: for a pipe, an upload, an
   *  answer to a browser. Whoever stops reading leaves nothing behind.
   *  @param format "jsonl" (default), "json", "csv", "tsv", "parquet", "arrow" or "feather"
   *  @throws {InputError} as `getJobResults`, ROWMILL_INTEGER_RANGE */
  async *streamJobResults(
    jobId: string,
    format: ResultFormat = "jsonl",
    options: ResultOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { encodeResults, RESULT_FORMATS } = await import("./results/index.js");
    if (!RESULT_FORMATS.includes(format))
      throw new InputError("ROWMILL_UNKNOWN_FORMAT", `format must be one of ${RESULT_FORMATS.join(", ")}`);
    using results = await this.#openResults(jobId, parseStrict(resultOptions, options, "option"));
    yield* encodeResults(results.batches(), results.shape, format);
  }

  /** Whether `writeJobResults` has a format for the path and may write there, to be known before a job of hours runs.
   *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT, ROWMILL_NOT_WRITABLE */
  static async checkResultPath(path: string): Promise<void> {
    givenPath(RESULT_PATH, path);
    requireWorkingFolder();
    const { checkTarget, resultTarget } = await import("./results/index.js");
    resultTarget(path);
    await checkTarget(path);
  }

  /** What of a schema (JSON Schema, zod or Standard Schema) is enforced while generating, what is checked after it, and
   *  whether any value satisfies it at all.
   *  @param options `style`: the white space that the grammar is made for, default "spaced"; `schemaInPrompt`: as for `infer`, which annotations are used
   *  @throws {InputError} ROWMILL_INVALID_SCHEMA, ROWMILL_UNSUPPORTED_KEYWORD */
  static async checkSchema(
    schema: unknown,
    options: { style?: JsonStyle; schemaInPrompt?: SchemaInPrompt } = {},
  ): Promise<SchemaReport> {
    const { outputStyle, schemaInPrompt: inPrompt } = JOB_DEFAULTS.options;
    const { style = outputStyle, schemaInPrompt = inPrompt } = parseStrict(schemaOptions, options, "option");
    const { reportSchema } = await import("./output/index.js");
    return reportSchema(schema, style, schemaInPrompt);
  }

  /** Reads a schema as a job would and compiles nothing: runs what code it has (getters, functions of its library).
   *  @throws {InputError} ROWMILL_INVALID_SCHEMA, ROWMILL_UNSUPPORTED_KEYWORD */
  static async requireReadableSchema(schema: unknown): Promise<void> {
    const { requireReadableSchema } = await import("./output/index.js");
    requireReadableSchema(schema);
  }

  /** The catalogue's models and what of them is on this machine. */
  async listModels(): Promise<ModelListing[]> {
    return listModels(this.#home.path);
  }

  /** @throws {InputError} ROWMILL_MODEL_NOT_FOUND */
  async showModel(name: string): Promise<Awaited<ReturnType<typeof showModel>>> {
    return showModel(givenPath(MODEL_NAME, name), { home: this.#home.path, models: this.#models });
  }

  /** Downloads a model into the home, unless it is there.
   *  @param options `force`: pull it again; `verify`: hash the file that is there, whatever its time says
   *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND with what each source said, ROWMILL_MODEL_CHANGED */
  async pullModel(name: string, options: { force?: boolean; verify?: boolean } = {}): Promise<ResolvedModel> {
    const { force, verify } = parseStrict(pullOptions, options, "option");
    const pulling = new PullLine(this.#output, this.#progress);
    return await resolveModel(givenPath(MODEL_NAME, name), {
      home: this.#home.path,
      models: this.#models,
      isPull: true,
      force: force ?? false,
      verify: verify ?? false,
      onProgress: (progress) => pulling.show(progress),
    }).finally(() => pulling.end());
  }

  /** What this machine is, which engine and backend a job would get and why not a faster one, and which models fit into its
   *  memory. Loads the backend. */
  async doctor(): Promise<DoctorReport> {
    return examine({ home: this.#home, models: this.#models, engine: this.#engine });
  }

  /** Ends an in-process runner (its unfinished jobs stay queued) and closes the home; a runner process goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const emitter of this.#emitters) emitter.close();
    await whileHeld(this.#runner[Symbol.asyncDispose]());
    this.#home[Symbol.dispose]();
  }

  /** The same, for code without `await using`. */
  async close(): Promise<void> {
    await this[Symbol.asyncDispose]();
  }

  async #openResults(jobId: string, given: CheckedResultOptions): Promise<OpenResults> {
    const job = this.#home.catalog.get(givenText(JOB_ID, jobId));
    return openResults(this.#home, job, given, (line) => this.#say(`warning: ${line}`));
  }

  /** Sleeps until the job has ended or the time is over. */
  async #waitForEnd(jobId: string, limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    while (Date.now() < end && !FINAL_STATUSES.has(this.#home.catalog.status(jobId)))
      await sleep(Math.min(200, Math.max(1, end - Date.now())));
  }

  /** Who looks at a job that has not ended sees to it that somebody runs it: its runner may have been killed. */
  #wakeFor(jobs: readonly { readonly status: JobStatus }[]): void {
    if (jobs.some(({ status }) => status !== "UNKNOWN" && !FINAL_STATUSES.has(status))) this.#runner.ensure();
  }

  #say(line: string | NamingText): void {
    if (this.#output === null) return;
    const text = this.#optionWords === null ? programText(line) : textIn(this.#optionWords, line);
    writeLine(this.#output, messageLine(text));
  }
}
