import { z } from "zod";
import { ENGINES, type EngineName } from "./engine/index.js";
import { InputError } from "./errors.js";
import { isPath, NO_PATH } from "./given.js";
import type { HomeConfig, JobRecord } from "./jobs/index.js";
import { JSON_STYLES } from "./jsonStyle.js";
import type { ModelFit } from "./modelFits.js";
import type { BackendFacts, MachineFacts } from "./models/index.js";
import type { NamedOption, OptionWords } from "./optionNames.js";
import { PROGRESS_MODES, type ProgressMode } from "./progress/index.js";
import type { Calibration } from "./schedule/index.js";
import { SCHEMA_IN_PROMPT } from "./schemaInPrompt.js";

export interface RowmillOptions {
  /** The folder of jobs and models. Default: the environment's ROWMILL_HOME, else ~/.rowmill. */
  home?: string;
  /** Default engine; "auto" takes the fastest that is there. */
  engine?: EngineName;
  /** Names of your own for model sources: `{ "my-model": "/models/my.gguf" }`. */
  models?: Record<string, string>;
  /** "process" (default): jobs run in the home's runner, a process of its own; "in-process": in this one. */
  runner?: "process" | "in-process";
  /** Where messages and the progress bar go; null says nothing. Default process.stderr. */
  output?: NodeJS.WriteStream | null;
  /** How progress is shown there: "auto" (default) draws a bar on a terminal and writes a line a minute elsewhere; "bar", "lines"
   *  and "none" insist. */
  progress?: ProgressMode;
  /** How messages call the command line. Default: as this process was called, "rowmill", "npx rowmill" or "node dist/cli/main.js",
   *  with --home where the home is not the default one. */
  command?: string;
  /** How messages write an option that they name. Default: as a program does, `csvQuotes: "relaxed"`. */
  optionWords?: (named: NamedOption) => string;
  /** Asked, with the size and the place, before the default model is downloaded for a job that names no model. Without it
   *  such a job is refused with the command that downloads. */
  confirmDownload?: (question: string) => boolean | Promise<boolean>;
}

export const rowmillOptions = z.strictObject({
  home: z.string().min(1).refine(isPath, `it ${NO_PATH}`).optional(),
  engine: z.enum(ENGINES).optional(),
  models: z.record(z.string(), z.string()).optional(),
  runner: z.enum(["process", "in-process"]).optional(),
  output: z.custom<NodeJS.WriteStream>(isWritable, "it must be a writable stream or null").nullable().optional(),
  progress: z.enum(PROGRESS_MODES).optional(),
  command: z.string().min(1).optional(),
  optionWords: z.custom<OptionWords>(isFunction, "must be a function").optional(),
  confirmDownload: z.custom<() => boolean>(isFunction, "must be a function").optional(),
});

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isWritable(value: unknown): boolean {
  return ["write", "on"].every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function");
}

export interface ResultOptions {
  /** For a list: objects with the prompt (`input`) beside the output. A table comes with its columns unless false. */
  includeInputs?: boolean;
  /** Add `cumulative_logprob`; the job must have been run with `samplingParams.logprobs`. */
  includeCumulativeLogprobs?: boolean;
  /** Add `token_logprobs`, a list of {token, logprob}; the job must have been run with `samplingParams.tokenLogprobs`. */
  includeTokenLogprobs?: boolean;
  /** Add `finish_reason` ("stop", "length" for an output that was cut, "error") and `input_truncated`, whether the row's text
   *  was cut to fit. */
  includeFinishReason?: boolean;
  /** Another name for the output column than the job's. */
  outputColumn?: string;
  /** Parse each output as JSON; an object's keys become columns. Integers beyond 2^53 are their digits, a string. */
  unpackJson?: boolean;
  /** "escape": in .csv and .tsv files an apostrophe stands before each text, and column name, that a spreadsheet would run as
   *  a formula (it begins with = + - @, a tab or a line break), and texts are quoted. Default "keep": as they are. */
  csvFormulas?: "keep" | "escape";
  /** The first row, by its place in the input: default 0, the first of all. */
  from?: number;
  /** The row behind the last; default all. What lies behind the input's end is not there. */
  to?: number;
  /** "array" (default): strings or objects; "arrow": an Apache Arrow Table. */
  format?: "array" | "arrow";
}

/** Of results that come row by row. */
export type RowOptions = Omit<ResultOptions, "format">;

export const resultOptions = z.strictObject({
  includeInputs: z.boolean().optional(),
  includeCumulativeLogprobs: z.boolean().optional(),
  includeTokenLogprobs: z.boolean().optional(),
  includeFinishReason: z.boolean().optional(),
  outputColumn: z.string().min(1).optional(),
  unpackJson: z.boolean().optional(),
  csvFormulas: z.enum(["keep", "escape"]).optional(),
  from: z.number().int().min(0).optional(),
  to: z.number().int().min(0).optional(),
  format: z.enum(["array", "arrow"]).optional(),
});
export const rowOptions = resultOptions.omit({ format: true });

export type CheckedResultOptions = Readonly<z.infer<typeof resultOptions>>;

export interface AwaitOptions extends ResultOptions {
  /** Seconds; null waits for ever. Default 7200. */
  timeout?: number | null;
  /** Print no status lines. Default false. */
  silent?: boolean;
  /** Seconds between two looks. Default 5. */
  pollSeconds?: number;
}

/** How fast each setting ran a job's first rows, and which one jobs of the kind take since. */
export interface CalibrationReport extends Calibration {
  readonly model: string;
  readonly madeAt: string;
}

/** A job, and what it waits for in words that stand behind "waiting for", e.g. "space on /data" or "job-5f0c1a2b (64 % done,
 *  about 3 min left)"; null where it has ended, runs, or is about to. */
export interface WaitingJob extends JobRecord {
  readonly waitingFor: string | null;
  /** It has ended, and its file is gone: somebody deleted the folder. Only its record is left. */
  readonly isLost: boolean;
}

export interface DoctorReport {
  readonly home: string;
  /** The runner that is alive now, null when none is. */
  readonly runnerPid: number | null;
  /** For each job that waits a sentence that says for what. */
  readonly waiting: readonly string[];
  /** Where the home lies, and what room a user has there. */
  readonly disk: { readonly mount: string; readonly freeBytes: number; readonly trouble: string | null };
  readonly machine: MachineFacts;
  readonly backend: BackendFacts;
  /** The engine that "auto" takes, and why not a faster one: null where it is the fastest. */
  readonly engine: { readonly name: string; readonly reason: string | null };
  /** Whether live counters are shared between processes by the native addon, and why not. */
  readonly counters: { readonly isShared: boolean; readonly reason: string | null };
  /** The default model, those on this machine and those of the option `models`: whether each fits into the memory. */
  readonly models: readonly ModelFit[];
  /** What the planner has measured here, the newest first: one a model and kind of job. */
  readonly calibrations: readonly CalibrationReport[];
}

export const awaitOptions = resultOptions.extend({
  timeout: z.number().positive().nullable().optional(),
  silent: z.boolean().optional(),
  pollSeconds: z.number().positive().optional(),
});

export const attachOptions = z.strictObject({ signal: z.instanceof(AbortSignal).optional() });
export const schemaOptions = z.strictObject({
  style: z.enum(JSON_STYLES).optional(),
  schemaInPrompt: z.enum(SCHEMA_IN_PROMPT).optional(),
});
export const pullOptions = z.strictObject({ force: z.boolean().optional(), verify: z.boolean().optional() });

/** The engine that a home's config.json names.
 *  @throws {InputError} ROWMILL_BAD_CONFIG */
export function configuredEngine({ engine: name }: HomeConfig): EngineName {
  const known = ENGINES.find((engine) => engine === name);
  if (known !== undefined) return known;
  throw new InputError(
    "ROWMILL_BAD_CONFIG",
    `config.json: no engine ${JSON.stringify(name)}; there are ${ENGINES.join(", ")}`,
  );
}
