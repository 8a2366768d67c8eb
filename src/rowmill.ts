import type { JobRecord, JobStatus, Quota } from "./jobs/index.js";
import type { Progress, ProgressEmitter } from "./progress/index.js";
import type { Estimate } from "./submission/index.js";
import type { InferOptions } from "./submission/index.js";

export interface RowmillOptions {
  /** The folder of jobs and models. Default: the environment's ROWMILL_HOME, else ~/.rowmill. */
  home?: string;
  /** Default engine. "auto" takes the fastest that is there. */
  engine?: "auto" | "node-llama-cpp";
  /** Names of your own for model sources: `{ "my-model": "/models/my.gguf" }`. */
  models?: Record<string, string>;
  /** "process" (default): jobs run in the home's runner, a process of its own; "in-process": in this one. */
  runner?: "process" | "in-process";
  /** Where messages and the progress bar go; null says nothing. Default process.stderr. */
  output?: NodeJS.WriteStream | null;
}

export interface ResultOptions {
  /** For a list: give objects with the prompt (`input`) beside the output. Tables always come with their columns unless
   *  this is false. */
  includeInputs?: boolean;
  /** Add `cumulative_logprob`; the job must have been run with `samplingParams.logprobs`. */
  includeCumulativeLogprobs?: boolean;
  /** Another name for the output column. */
  outputColumn?: string;
  /** Parse each output as JSON; an object's keys become columns. */
  unpackJson?: boolean;
  /** "array" (default): objects or strings; "arrow": an Apache Arrow Table. */
  format?: "array" | "arrow";
}

/** Runs a language model over every row of a table. */
export interface RowmillApi extends AsyncDisposable {
  infer(data: unknown, options: InferOptions & { dryRun: true; model: string[] }): Promise<Estimate[]>;
  infer(data: unknown, options: InferOptions & { dryRun: true; model?: string }): Promise<Estimate>;
  infer(data: unknown, options: InferOptions & { model: string[] }): Promise<string[]>;
  infer(data: unknown, options?: InferOptions & { model?: string }): Promise<string>;
  /** Shows the live progress until the job ends and prints how; gives its last status. */
  attach(jobId: string): Promise<JobStatus>;
  progress(jobId: string): ProgressEmitter;
  awaitJobCompletion(jobId: string, options?: { timeout?: number; silent?: boolean; pollSeconds?: number } & ResultOptions): Promise<unknown[] | null>;
  getQuotas(): Promise<Quota[]>;
  getJobStatus(jobId: string): Promise<JobStatus>;
  getJob(jobId: string): Promise<JobRecord>;
  listJobs(): Promise<JobRecord[]>;
  cancelJob(jobId: string): Promise<JobStatus>;
  removeJob(jobId: string): Promise<void>;
  getJobResults(jobId: string, options?: ResultOptions): Promise<unknown>;
  /** Writes the results to a file; the format is the name's ending. */
  writeJobResults(jobId: string, path: string, options?: ResultOptions): Promise<{ path: string; rows: number }>;
  listModels(): Promise<unknown[]>;
  showModel(name: string): Promise<unknown>;
  pullModel(name: string): Promise<unknown>;
  doctor(): Promise<unknown>;
}
export type { Progress };
