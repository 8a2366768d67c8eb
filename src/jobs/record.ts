import type { Column } from "../data/index.js";
import type { JsonStyle } from "../jsonStyle.js";
import type { ModelRef } from "../modelRef.js";
import type { NamingText } from "../optionNames.js";
import type { ChatFrame } from "../prompt/index.js";
import type { ConfidenceField } from "../results/index.js";
import type { JobSampling } from "../sampling.js";
import type { SchemaInPrompt } from "../schemaInPrompt.js";
import type { FailedRows } from "./failedRows.js";
import type { TokenPrice } from "./quota.js";

export const JOB_STATUSES = [
  "QUEUED",
  "STARTING",
  "RUNNING",
  "SUCCEEDED",
  "CANCELLING",
  "CANCELLED",
  "FAILED",
  "UNKNOWN",
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
/** Statuses after which nothing changes any more. */
export const FINAL_STATUSES: ReadonlySet<JobStatus> = new Set(["SUCCEEDED", "CANCELLED", "FAILED"]);

/** Something that a job's submitter should know. */
export interface JobWarning {
  /** What it is about; never changes. "OTHER" is of a job that an earlier version submitted. */
  readonly code:
    | "SCHEMA_NOTE"
    | "SCHEMA_IGNORED"
    | "SCHEMA_NOT_HELD"
    | "STOP_IN_JSON"
    | "CHECKED_AFTERWARDS"
    | "WORD_AS_TEXT"
    | "COLUMNS_TOUCH"
    | "EMPTY_ROWS"
    | "LONG_ROWS"
    | "REASONING"
    | "OTHER";
  /** In one line. */
  readonly text: string;
  /** The text with the options that it names as data, for who writes them otherwise than a program; absent where it names none. */
  readonly parts?: NamingText;
  /** Of the rows or other things that it is about; null where it is about none. */
  readonly count: number | null;
}

/** The order of columns that `columnOrder: "auto"` has found from the first rows. */
export interface ColumnChoice {
  /** The columns' names in the order used. */
  readonly columns: readonly string[];
  /** The `column` option as given. */
  readonly given: readonly string[];
  /** Share of those rows' text, from 0 to 1, that is also the beginning of another row, in the order used … */
  readonly sharedText: number;
  /** … and in the order given. */
  readonly sharedTextAsGiven: number;
}

/** What was asked for: written once at submission, never changed. */
export interface JobSpec {
  readonly name: string | null;
  readonly description: string | null;
  /** As the user named it. */
  readonly model: string;
  /** What the name stands for. */
  readonly modelRef: ModelRef;
  readonly priority: 0 | 1;
  readonly kind: "list" | "table";
  /** The input's format or "list"/"objects"/"dataframe"; and its path where it had one. */
  readonly sourceFormat: string;
  readonly sourcePath: string | null;
  readonly columns: readonly Column[];
  /** The `column` option, names and literal separators, in the order used. */
  readonly columnParts: readonly string[];
  /** Whether that order is the one given or the one that shares most. */
  readonly columnOrder: "given" | "auto";
  /** What "auto" has found; `null` where there was nothing to order. */
  readonly columnChoice: ColumnChoice | null;
  readonly outputColumn: string;
  /** As the user gave it. */
  readonly systemPrompt: string | null;
  /** What of the schema stands behind it … */
  readonly schemaInPrompt: SchemaInPrompt;
  /** … and the system prompt as the model gets it. */
  readonly systemPromptSent: string | null;
  /** What every output must be: at most one of these four is not `null`. */
  /** A schema's numbers that a double does not carry are bigints; `JSON.stringify` of a record that the facade gives writes
   *  them as texts of their digits. */
  readonly outputSchema: unknown;
  /** The columns that an output unpacks to, where the schema makes each an object; absent in a job of an earlier version. */
  readonly unpackedColumns?: readonly Column[] | null;
  readonly outputGrammar: string | null;
  readonly outputRegex: string | null;
  readonly outputChoices: readonly string[] | null;
  /** White space in the outputs of a schema. */
  readonly outputStyle: JsonStyle;
  /** Record the probability of each of the choices. */
  readonly labelProbabilities: boolean;
  /** The fields of the output whose labels get probabilities; `null` where none were asked for. */
  readonly confidence: readonly ConfidenceField[] | null;
  /** Runs of a row after the first, where its output was cut or fails the check after generation. */
  readonly schemaRetries: number;
  /** Further variables of the model's chat template, e.g. `enable_thinking`. */
  readonly templateArguments: Readonly<Record<string, unknown>>;
  /** Text that the answer begins with, after the template's own beginning; `null` for most models. */
  readonly answerPrefix: string | null;
  /** The chat around a row, as the model's template made it of these; `null` in a job of an earlier version. */
  readonly frame: ChatFrame | null;
  /** Tokens of the chat template around a row. */
  readonly frameTokens: number;
  readonly sampling: JobSampling;
  /** How many rows may fail, a number or a share such as "5%"; `null`: half of them, looked at when all have run. */
  readonly maxFailed: number | string | null;
  /** US dollars that it may cost at most, and tokens of input and output together that it may take; `null` for no bound. */
  readonly maxCost: number | null;
  readonly maxTotalTokens: number | null;
  /** The most tokens that an output can have, `maxTokens` or what its form allows; `null` in a job of an earlier version. */
  readonly longestOutputTokens: number | null;
  /** What a million of the model's tokens cost when it was submitted; `null` where nobody says. */
  readonly pricePerMillionTokens: TokenPrice | null;
  /** What the submission warned of. */
  readonly warnings: readonly JobWarning[];
  readonly randomSeedPerInput: boolean;
  readonly truncateRows: boolean;
  /** Engine asked for: "auto" takes the fastest that is there. */
  readonly engine: string;
  /** Planner overrides: 0 lets the planner choose. */
  readonly slots: number;
  readonly threads: number;
  readonly workers: number;
}

/** What is known of a job at a moment. Counts are the catalogue's snapshot, at most about a second old while it runs. */
export interface JobRecord extends JobSpec, JobCounts {
  readonly jobId: string;
  readonly status: JobStatus;
  /** Why it failed, `null` otherwise. */
  readonly failure: string | null;
  /** Why rows failed, the commonest kinds first, once the job has ended. */
  readonly failures: readonly FailedRows[];
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Its first start. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** How long runners have had it, all stretches together: loading the model counts, waiting for a turn does not. While it
   *  runs, up to two seconds old. */
  readonly runSeconds: number;
  /** Process id of the runner that has it, `null` when none has. */
  readonly runnerPid: number | null;
  readonly rowsTotal: number;
  /** Rows whose prompt was null. */
  readonly rowsEmpty: number;
  /** Rows that were cut to fit. */
  readonly rowsTruncated: number;
  /** Tokens of all rows with prefix and suffix, counted at submission. */
  readonly inputTokensTotal: number;
  /** The longest row's text, in tokens. */
  readonly longestRowTokens: number;
  /** What the planner chose and why, once it has run: for people and `doctor`. */
  readonly plan: Readonly<Record<string, unknown>> | null;
}

/** How far a job is; a progress snapshot's counts are the same but for `rowsCut` and `sharedTokens`. */
export interface JobCounts {
  /** Rows that have an output. */
  readonly rowsDone: number;
  /** Rows that have an error instead. */
  readonly rowsFailed: number;
  /** Rows that are done and whose output ends where `maxTokens` or the slot's end cut it. */
  readonly rowsCut: number;
  readonly inputTokens: number;
  /** How many of them were taken from another row's KV cache instead of being computed. */
  readonly sharedTokens: number;
  readonly outputTokens: number;
}

/** What counting the rows at submission has told. */
export interface JobFacts {
  readonly rowsTotal: number;
  readonly rowsEmpty: number;
  readonly rowsTruncated: number;
  readonly inputTokensTotal: number;
  readonly longestRowTokens: number;
}

export interface Quota {
  /** Largest number of rows in one job. */
  readonly rowQuota: number;
  /** Largest number of input tokens in one job. */
  readonly tokenQuota: number;
}
