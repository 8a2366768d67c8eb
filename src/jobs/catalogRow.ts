import type { FailedRows } from "./failedRows.js";
import type { JobRecord, JobSpec, JobStatus } from "./record.js";
import type { SqlRow } from "./sqlite.js";

/** What counting the rows at submission has told. */
export interface JobFacts {
  readonly rowsTotal: number;
  readonly rowsEmpty: number;
  readonly rowsTruncated: number;
  readonly inputTokensTotal: number;
  readonly longestRowTokens: number;
}

/** What a job of a version that had no such options was submitted with. */
const LATER_OPTIONS = {
  columnOrder: "given",
  columnChoice: null,
  outputGrammar: null,
  outputRegex: null,
  outputChoices: null,
  outputStyle: "spaced",
  labelProbabilities: false,
  confidence: null,
  schemaRetries: 2,
  maxFailed: null,
  warnings: [],
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
  const spec = JSON.parse(text("spec")) as JobSpec;
  return {
    jobId: text("job_id"),
    status: text("status") as JobStatus,
    ...LATER_OPTIONS,
    ...spec,
    sampling: { ...LATER_SAMPLING, ...spec.sampling },
    failure: textOrNull("failure"),
    failures: failures === null ? [] : (JSON.parse(failures) as FailedRows[]),
    createdAt: text("created_at"),
    startedAt: textOrNull("started_at"),
    finishedAt: textOrNull("finished_at"),
    runnerPid: row.runner_pid as number | null,
    rowsTotal: count("rows_total"),
    rowsDone: count("rows_done"),
    rowsFailed: count("rows_failed"),
    rowsCut: count("rows_cut"),
    rowsEmpty: count("rows_empty"),
    rowsTruncated: count("rows_truncated"),
    inputTokens: count("input_tokens"),
    sharedTokens: count("shared_tokens"),
    outputTokens: count("output_tokens"),
    inputTokensTotal: count("input_tokens_total"),
    longestRowTokens: count("longest_row_tokens"),
    plan: plan === null ? null : (JSON.parse(plan) as Record<string, unknown>),
  };
}
