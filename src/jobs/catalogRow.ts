import { parseExact, stringifyExact } from "../exactNumbers.js";
import type { FailedRows } from "./failedRows.js";
import { COUNT_COLUMNS, countsOfLine, countValues, SET_COUNTS } from "./jobCounts.js";
import { FINAL_STATUSES, type JobRecord, type JobSpec, type JobStatus, type JobWarning } from "./record.js";
import type { SqlRow, SqlValue, Store } from "./sqlite.js";
import type { FoundJob, JobOutcome, NewJob } from "./storedRecord.js";

/** What a job of a version that had no such options was submitted with. */
const LATER_OPTIONS = {
  columnOrder: "given",
  columnChoice: null,
  outputGrammar: null,
  outputRegex: null,
  outputChoices: null,
  outputStyle: "spaced",
  schemaInPrompt: "off",
  systemPromptSent: null,
  labelProbabilities: false,
  confidence: null,
  schemaRetries: 2,
  maxFailed: null,
  maxCost: null,
  maxTotalTokens: null,
  pricePerMillionTokens: null,
  longestOutputTokens: null,
  frame: null,
} as const;

const LATER_SAMPLING = { tokenLogprobs: false } as const;

/** A line of the table `jobs`, written by this program alone and so taken as it is. */
export function toJobRecord(row: SqlRow): JobRecord {
  const text = (column: string) => row[column] as string;
  const textOrNull = (column: string) => row[column] as string | null;
  const count = (column: string) => row[column] as number;
  const plan = textOrNull("plan");
  const failures = textOrNull("failures");
  const spec = parseExact(text("spec")) as JobSpec;
  return {
    jobId: text("job_id"),
    status: text("status") as JobStatus,
    ...LATER_OPTIONS,
    ...ofToday(spec),
    sampling: { ...LATER_SAMPLING, ...spec.sampling },
    failure: textOrNull("failure"),
    failures: failures === null ? [] : (JSON.parse(failures) as FailedRows[]),
    createdAt: text("created_at"),
    startedAt: textOrNull("started_at"),
    finishedAt: textOrNull("finished_at"),
    runSeconds: count("run_ms") / 1000,
    runnerPid: row.runner_pid as number | null,
    rowsTotal: count("rows_total"),
    ...countsOfLine(row),
    rowsEmpty: count("rows_empty"),
    rowsTruncated: count("rows_truncated"),
    inputTokensTotal: count("input_tokens_total"),
    longestRowTokens: count("longest_row_tokens"),
    plan: plan === null ? null : (JSON.parse(plan) as Record<string, unknown>),
  };
}

/** What earlier versions kept otherwise: of the model the path of its file, of a warning its line. */
interface EarlierSpec {
  readonly modelPath?: string;
  readonly warnings?: readonly (JobWarning | string)[];
}

function ofToday({ modelPath, warnings = [], ...spec }: Omit<JobSpec, "warnings"> & EarlierSpec): JobSpec {
  return {
    ...spec,
    ...(modelPath !== undefined && { modelRef: { file: modelPath, sha256: null } }),
    warnings: warnings.map((one) => (typeof one === "string" ? { code: "OTHER", text: one, count: null } : one)),
  };
}

/** The job of a line, as it was submitted. */
export function toNewJob(row: SqlRow): NewJob {
  const { rowsTotal, rowsEmpty, rowsTruncated, inputTokensTotal, longestRowTokens } = toJobRecord(row);
  return {
    jobId: String(row.job_id),
    spec: parseExact(String(row.spec)) as JobSpec,
    facts: { rowsTotal, rowsEmpty, rowsTruncated, inputTokensTotal, longestRowTokens },
    createdAt: String(row.created_at),
  };
}

/** How the job of a line ended, null before. */
export function toOutcome(row: SqlRow): JobOutcome | null {
  const { status, failure, failures, startedAt, finishedAt, runSeconds, plan } = toJobRecord(row);
  return FINAL_STATUSES.has(status) ? { status, failure, failures, startedAt, finishedAt, runSeconds, plan } : null;
}

/** The columns of a job as it was submitted, in the order of `newJobValues`. */
export const NEW_JOB_COLUMNS = `job_id, priority, spec, created_at, rows_total, rows_empty, rows_truncated,
  input_tokens_total, longest_row_tokens, is_kept`;

export function newJobValues({ jobId, spec, facts, createdAt }: NewJob): SqlValue[] {
  return [
    jobId,
    spec.priority,
    stringifyExact(spec) as string,
    createdAt,
    facts.rowsTotal,
    facts.rowsEmpty,
    facts.rowsTruncated,
    facts.inputTokensTotal,
    facts.longestRowTokens,
    1,
  ];
}

/** Enters jobs as their folders tell them; a line that is there stays.
 *  @returns how many were entered */
export function insertFoundJobs(db: Store, jobs: readonly FoundJob[]): number {
  const columns = `${NEW_JOB_COLUMNS}, status, failure, failures, started_at, finished_at, run_ms, plan, ${COUNT_COLUMNS.join(", ")}`;
  const places = columns.replaceAll(/\w+/g, "?");
  const sql = `INSERT INTO jobs (${columns}) VALUES (${places}) ON CONFLICT (job_id) DO NOTHING`;
  return db.runEach(sql, jobs, ({ job, outcome, counts }) => [
    ...newJobValues(job),
    ...outcomeValues(outcome),
    ...countValues(counts),
  ]);
}

/** Ends a line that has not ended as its job's folder tells. */
export function setOutcome(db: Store, { job, outcome, counts }: FoundJob): void {
  db.run(
    `UPDATE jobs SET status = ?, failure = ?, failures = ?, started_at = ?, finished_at = ?, run_ms = ?, plan = ?,
       ${SET_COUNTS}, runner_pid = NULL, runner_token = NULL, counted_ms = NULL
     WHERE job_id = ? AND status NOT IN ('SUCCEEDED', 'CANCELLED', 'FAILED')`,
    ...outcomeValues(outcome),
    ...countValues(counts),
    job.jobId,
  );
}

/** A job that has not ended waits for a runner. */
function outcomeValues(outcome: JobOutcome | null): SqlValue[] {
  return [
    outcome?.status ?? "QUEUED",
    outcome?.failure ?? null,
    outcome ? JSON.stringify(outcome.failures) : null,
    outcome?.startedAt ?? null,
    outcome?.finishedAt ?? null,
    Math.round(1000 * (outcome?.runSeconds ?? 0)),
    outcome?.plan ? JSON.stringify(outcome.plan) : null,
  ];
}
