import type { MessagePort } from "node:worker_threads";
import type { BatchPlan, EngineChoice, Sampling } from "../engine/index.js";
import type { OutputForm } from "../output/index.js";
import type { CounterHandle } from "../progress/index.js";
import type { ChatFormat, ChatFrame } from "../prompt/index.js";
import type { ResultRow } from "../results/index.js";

/** What a worker needs to run its share of a job; rows come through the port as it asks for them. */
export interface WorkerTask {
  readonly engine: EngineChoice;
  readonly plan: BatchPlan;
  readonly format: ChatFormat;
  /** The chat made of it at submission; `null` where an earlier version submitted the job. */
  readonly frame: ChatFrame | null;
  /** null for free text. */
  readonly output: OutputForm | null;
  /** Choose by the probabilities of whole choices, and report them. */
  readonly labelProbabilities: boolean;
  /** Score the labels of the output's fields, and report their probabilities. */
  readonly confidence: boolean;
  readonly sampling: Sampling;
  readonly logprobs: boolean;
  readonly tokenLogprobs: boolean;
  readonly truncateRows: boolean;
  /** Runs of a row after the first, where its output was cut or fails the check. */
  readonly schemaRetries: number;
  readonly counters: CounterHandle;
  /** Which line of the counters page is this worker's. */
  readonly lane: number;
  readonly port: MessagePort;
}

/** A row on its way from the runner to a worker. */
export interface RowMessage {
  readonly index: number;
  readonly prompt: string;
  /** One seed a run: the first run's, then those of its retries. */
  readonly seeds: readonly number[];
}

export type ToWorker =
  | { readonly kind: "rows"; readonly rows: readonly RowMessage[]; readonly isLast: boolean }
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "want"; readonly rows: number }
  | { readonly kind: "results"; readonly results: readonly ResultRow[] }
  /** Nothing comes after this. */
  | { readonly kind: "end" };
