import { availableParallelism } from "node:os";
import { type EncodedBatch, openSource, type Source } from "../data/index.js";
import { InputError } from "../errors.js";
import { listed } from "../foreignText.js";
import { recordedOptions } from "../inferTable.js";
import {
  Budget,
  checkQuotas,
  estimateCost,
  type Home,
  JobFile,
  type JobRecord,
  type JobSpec,
  type JobWarning,
  type NewJob,
  newJobId,
  requireWritable,
} from "../jobs/index.js";
import { type ModelRef, modelKey } from "../modelRef.js";
import { type Download, findModelEntry, type MemoryFit, type PullProgress, resolveModel } from "../models/index.js";
import { missingOption, naming, option } from "../optionNames.js";
import { type CompiledOutput, compileOutput, type OutputForm, outputFormOf } from "../output/index.js";
import { planPrompt } from "../prompt/index.js";
import { type ConfidenceField, checkOutputColumn } from "../results/index.js";
import { withSchema } from "../schema/index.js";
import { endpointModel } from "./endpointModel.js";
import { type Estimate, estimateSeconds } from "./estimate.js";
import { fileModel } from "./fileModel.js";
import type { JobModel } from "./jobModel.js";
import type { CheckedOptions } from "./options.js";
import { PromptColumns } from "./promptColumns.js";
import { checkReasoning } from "./reasoning.js";
import { type CountedRow, RowCounter } from "./rowCounter.js";
import { SharedTokens } from "./sharedTokens.js";
import {
  checkWarnings,
  columnWarnings,
  emptyRowWarnings,
  formWarnings,
  longRowWarnings,
  type Warn,
} from "./warnings.js";

/** What of a job decides over its memory. */
export type MemoryNeeds = Pick<JobSpec, "modelRef" | "sampling" | "frameTokens" | "workers" | "threads" | "slots"> &
  Pick<JobRecord, "longestRowTokens" | "rowsTotal">;

export interface SubmissionContext {
  readonly home: Home;
  /** The user's own model names. */
  readonly models: Readonly<Record<string, string>>;
  readonly onPull: (progress: PullProgress) => void;
  /** Told before a model's file is opened: it will run on this machine. */
  readonly onModelFile: () => void;
  /** What the planner makes of a job; null where it can't tell. */
  readonly fitMemory: (needs: MemoryNeeds) => Promise<MemoryFit | null>;
  /** Told of each download before it begins; `false` leaves it, and the submission with it. */
  readonly confirmDownload: (download: Download, isDefaultModel: boolean) => boolean | Promise<boolean>;
  /** Told after each batch: how many rows have been read and counted. */
  readonly onRows: (rows: number) => void;
  /** Told before reading what the schema says in vain, and after it of empty and too long rows. */
  readonly warn: Warn;
}

/** Makes one durable job a model out of the data; they are in the catalogue when this returns, all or none.
 *  @returns the job ids, in the order of the models
 *  @throws {InputError} for whatever is wrong with data, model, schema or options: then nothing is left behind */
export async function submitJobs(given: SubmissionContext, data: unknown, options: CheckedOptions): Promise<string[]> {
  requireWritable(given.home);
  const context = keepWarnings(given);
  await using prepared = await prepare(context, data, options, true);
  const { counters } = prepared;
  const files = new Map<RowCounter, JobFile>();
  let jobs: NewJob[];
  try {
    for (const counter of counters) files.set(counter, JobFile.create(context.home, newJobId()));
    await readRows(context, prepared, options, (counter, rows, inputs) => files.get(counter)?.appendRows(rows, inputs));
    const createdAt = new Date(context.home.catalog.clock()).toISOString();
    jobs = counters.map((counter, at) => {
      const spec = { ...specOf(prepared, counter, options, at), warnings: context.warnings };
      const file = files.get(counter) as JobFile;
      const job = { ...newJob(counter, file, options, spec), createdAt };
      file.keepRecord(job);
      file.seal();
      return job;
    });
    context.home.catalog.submitAll(jobs);
  } catch (error) {
    for (const file of files.values()) file.abandon();
    throw error;
  }
  for (const file of files.values()) {
    file.markEntered();
    file.close();
  }
  return jobs.map((job) => job.jobId);
}

function newJob(counter: RowCounter, file: JobFile, options: CheckedOptions, spec: JobSpec): Omit<NewJob, "createdAt"> {
  const { totals } = counter;
  return {
    jobId: file.jobId,
    spec,
    facts: {
      rowsTotal: totals.rows,
      rowsEmpty: totals.emptyRows,
      // a guess is no count
      rowsTruncated: options.truncateRows && counter.ruler.isExact ? totals.tooLongRows : 0,
      inputTokensTotal: totals.inputTokens,
      longestRowTokens: totals.longestRowTokens,
    },
  };
}

/** Reads and counts all rows; runs, keeps and downloads nothing.
 *  @returns one estimate a model */
export async function estimateJobs(
  given: SubmissionContext,
  data: unknown,
  options: CheckedOptions,
): Promise<Estimate[]> {
  const context = keepWarnings(given);
  await using prepared = await prepare(context, data, options, false);
  const shared = new Map(prepared.counters.map((counter) => [counter, new SharedTokens(counter)]));
  await readRows(context, prepared, options, (counter, rows) => shared.get(counter)?.add(rows));
  return Promise.all(
    prepared.counters.map((counter) =>
      estimateOf(context, prepared, options, counter, shared.get(counter)?.total() ?? 0),
    ),
  );
}

interface Prepared extends AsyncDisposable {
  readonly source: Source;
  readonly output: CompiledOutput | null;
  readonly counters: readonly RowCounter[];
  readonly prompts: PromptColumns;
}

/** Keeps what is warned of, for who prints nothing. */
interface KeepingContext extends SubmissionContext {
  readonly warnings: JobWarning[];
}

function keepWarnings(context: SubmissionContext): KeepingContext {
  const warnings: JobWarning[] = [];
  const warn = (warning: JobWarning): void => {
    warnings.push(warning);
    context.warn(warning);
  };
  return { ...context, warn, warnings };
}

async function prepare(
  context: SubmissionContext,
  data: unknown,
  options: CheckedOptions,
  download: boolean,
): Promise<Prepared> {
  const form = outputFormOf(options);
  const output = form === null ? null : compileOutput(form);
  if (options.confidence && output !== null) checkConfidence(output);
  for (const warning of formWarnings(form, output, options.sampling.stop)) context.warn(warning);
  const source = await openSource(data, options.reading);
  checkColumns(source, options);
  const prompts = await PromptColumns.open(source, data, options);
  // before the first download
  for (const name of options.models) checkIsTextModel(context, name);
  const models: JobModel[] = [];
  for (const name of options.models) models.push(await openModel(context, name, options, form, download));
  if (options.maxCost !== null) for (const model of models) checkHasPrice(model);
  const systemPrompt = withSchema(options.systemPrompt, output?.jsonSchema, options.schemaInPrompt);
  const counters: RowCounter[] = [];
  const dispose = async (): Promise<void> => {
    for (const counter of counters) await counter[Symbol.asyncDispose]();
  };
  try {
    for (const model of models) counters.push(await RowCounter.open(model, { ...options, systemPrompt }));
    for (const { model, ruler } of counters) checkReasoning(context, model.name, ruler.reasoning, output !== null);
  } catch (error) {
    await dispose();
    throw error;
  }
  for (const warning of checkWarnings(output?.checked ?? [], options, counters)) context.warn(warning);
  return { source, output, counters, prompts, [Symbol.asyncDispose]: dispose };
}

/** @throws {InputError} of a model that is not there, or can't do what is asked */
async function openModel(
  context: SubmissionContext,
  name: string,
  options: CheckedOptions,
  form: OutputForm | null,
  download: boolean,
): Promise<JobModel> {
  const { home, models, warn } = context;
  const meant = (Object.hasOwn(models, name) ? models[name] : undefined) ?? name;
  const endpoint = await endpointModel(meant, { home, options, form, warn });
  if (endpoint !== null) return { ...endpoint, name };
  if (options.engine === "http")
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `the engine http sends rows to an endpoint, and ${name} is none: write http://HOST:PORT/v1#MODEL, or a name of config.json (endpoints)`,
    );
  context.onModelFile();
  const found = await resolveModel(name, {
    ...{ home: home.path, models, download },
    confirm: (pull) => context.confirmDownload(pull, options.isDefaultModel),
    onProgress: context.onPull,
  });
  return fileModel(found, home.path);
}

/** Whether what a job costs can be told. */
function checkHasPrice(model: JobModel): void {
  const { name } = model;
  if ("file" in model.ref)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option("maxCost")} bounds what an endpoint costs, and ${name} runs on this machine: bound its tokens with ${option("maxTotalTokens")}`,
    );
  if (model.pricePerMillionTokens === null)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option("maxCost")} needs a price, and ${name} has none: give it one in config.json (endpoints, pricePerMillionTokens), or bound its tokens with ${option("maxTotalTokens")}`,
    );
}

/** A job of which no row can run is said to be one at once. */
function checkBudget(prepared: Prepared, counter: RowCounter, options: CheckedOptions): void {
  const { model, totals, frameTokens, sampling } = counter;
  const { obstacle } = new Budget({
    ...{ ...recordedOptions(options), frameTokens, sampling },
    ...{ longestRowTokens: totals.longestRowTokens, rowsTotal: totals.rows },
    pricePerMillionTokens: model.pricePerMillionTokens,
    longestOutputTokens: longestOutput(prepared, counter),
  });
  if (obstacle !== null)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option(obstacle.option)}: ${obstacle.why}; raise it, or lower the sampling parameter maxTokens`,
    );
}

/** Whether there are labels to score. */
function checkConfidence(output: CompiledOutput): void {
  if (output.labelFields().length === 0)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option("confidence")} needs a field that is one of a few scalars (enum, boolean, …), and the schema has none outside arrays`,
    );
}

function checkIsTextModel(context: SubmissionContext, name: string): void {
  if (findModelEntry(name, { home: context.home.path, models: context.models })?.entry.kind === "embedding")
    throw new InputError("ROWMILL_NOT_A_TEXT_MODEL", `${name} gives embeddings, not text: choose a text model`);
}

type Keep = (counter: RowCounter, rows: readonly CountedRow[], inputs: EncodedBatch | null) => void;

/** Reads the source once, for all models at the same time. */
async function readRows(
  context: SubmissionContext,
  prepared: Prepared,
  options: CheckedOptions,
  keep: Keep,
): Promise<void> {
  const { source, counters, prompts } = prepared;
  let rows = 0;
  for await (const batch of prompts.batches()) {
    if (rows === 0) for (const warning of columnWarnings(prompts)) context.warn(warning);
    rows += batch.prompts.length;
    for (const counter of counters) {
      keep(counter, counter.count(batch.prompts), batch.inputs);
      checkQuotas(context.home.config, options.priority, rows, counter.totals.inputTokens);
    }
    context.onRows(rows);
  }
  if (rows === 0) throw new InputError("ROWMILL_EMPTY_TABLE", `${source.path ?? "the data"} has no rows`);
  if (source.kind === "table") checkOutputColumn(source.finalColumns(), options.outputColumn);
  for (const counter of counters) checkBudget(prepared, counter, options);
  for (const warning of emptyRowWarnings(counters[0]?.totals)) context.warn(warning);
  for (const counter of counters)
    for (const warning of longRowWarnings(counter, options.truncateRows)) context.warn(warning);
}

/** What can be said of the columns before a row is read. */
function checkColumns(source: Source, options: CheckedOptions): void {
  if (source.kind === "list") {
    if (options.column !== null)
      throw new InputError(
        "ROWMILL_NO_SUCH_COLUMN",
        naming`a list of strings has no columns: leave the option ${option("column")} out`,
      );
    if (options.columnOrder !== "given")
      throw new InputError(
        "ROWMILL_BAD_OPTION",
        naming`a list of strings has no columns to put in order: leave option ${option("columnOrder")} out`,
      );
    return;
  }
  const known = source.columns?.map((column) => column.name);
  if (options.column === null)
    throw new InputError(
      "ROWMILL_COLUMN_MISSING",
      naming`${source.path ?? "a table"} needs the option ${missingOption("column", "NAME")}${known ? `: the columns are ${listed(known)}` : ""}`,
    );
  if (source.columns === null) return;
  planPrompt(options.column, known ?? []);
  checkOutputColumn(source.columns, options.outputColumn);
}

function specOf(
  prepared: Prepared,
  counter: RowCounter,
  options: CheckedOptions,
  at: number,
): Omit<JobSpec, "warnings"> {
  const { model } = counter;
  const { source } = prepared;
  return {
    ...recordedOptions(options),
    name: options.names[at] ?? null,
    description: options.descriptions[at] ?? null,
    model: model.name,
    modelRef: model.ref,
    // that of a file in the catalogue is what others take for it
    pricePerMillionTokens: "file" in model.ref ? null : model.pricePerMillionTokens,
    longestOutputTokens: longestOutput(prepared, counter),
    priority: options.priority,
    kind: source.kind,
    sourceFormat: source.format,
    sourcePath: source.path,
    columns: source.kind === "list" ? [] : source.finalColumns(),
    columnParts: prepared.prompts.joined,
    columnChoice: prepared.prompts.choice,
    outputSchema: prepared.output?.jsonSchema ?? null,
    unpackedColumns: prepared.output?.unpackedColumns ?? null,
    systemPromptSent: counter.format.systemPrompt,
    confidence: options.confidence ? confidenceFieldsOf(prepared.output) : null,
    templateArguments: counter.format.templateArguments,
    answerPrefix: counter.format.answerPrefix,
    frame: counter.ruler.frame,
    frameTokens: counter.frameTokens,
    sampling: counter.sampling,
    engine: options.engine,
  };
}

/** In tokens, of which each is at least a byte; an endpoint may reason first, and write JSON in a style of its own. */
function longestOutput({ output }: Prepared, { sampling: { maxTokens }, ruler }: RowCounter): number {
  return Math.min(maxTokens, (ruler.isExact ? output?.grammar.longestBytes : null) ?? maxTokens);
}

function confidenceFieldsOf(output: CompiledOutput | null): ConfidenceField[] {
  const fields = output?.labelFields() ?? [];
  return fields.map(({ path, labels }) => ({ path, labels: labels.map(({ name }) => name) }));
}

async function estimateOf(
  context: KeepingContext,
  prepared: Prepared,
  options: CheckedOptions,
  counter: RowCounter,
  sharedTokens: number,
): Promise<Estimate> {
  const { model, totals, sampling } = counter;
  const maxOutputTokens = totals.rows * longestOutput(prepared, counter);
  const tokens = totals.inputTokens + maxOutputTokens;
  const measured = measuredSpeed(context.home, model.ref);
  return {
    model: model.name,
    rows: totals.rows,
    emptyRows: totals.emptyRows,
    tooLongRows: totals.tooLongRows,
    columnChoice: prepared.prompts.choice,
    inputTokens: totals.inputTokens,
    inputTokensBasis: counter.ruler.isExact ? "counted" : "guessed",
    sharedTokens,
    computedTokens: totals.inputTokens - sharedTokens,
    maxOutputTokens,
    warnings: context.warnings,
    cost: estimateCost(totals.inputTokens, maxOutputTokens, model.pricePerMillionTokens),
    ...estimateSeconds(tokens, measured, (await model.parameters()) ?? 0, availableParallelism()),
    memory: await context.fitMemory({
      ...{ modelRef: model.ref, sampling, frameTokens: counter.frameTokens },
      ...{ longestRowTokens: totals.longestRowTokens, rowsTotal: totals.rows },
      ...{ workers: options.workers, threads: options.threads, slots: options.slots },
    }),
  };
}

/** A job of fewer rows says more about how long a model takes to load. */
const MEASURED_ROWS = 50;

/** Tokens a second of the newest finished job on the same model, null when there is none. */
function measuredSpeed(home: Home, ref: ModelRef): number | null {
  const key = modelKey(ref);
  const job = home.catalog
    .list({ status: ["SUCCEEDED"], limit: 200 })
    .find((done) => modelKey(done.modelRef) === key && done.rowsDone >= MEASURED_ROWS);
  if (job === undefined || job.runSeconds === 0) return null;
  return (job.inputTokens + job.outputTokens) / job.runSeconds;
}
