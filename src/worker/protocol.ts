import type { MessagePort } from "node:worker_threads";
import type { EngineChoice, EngineJob } from "../engine/index.js";
import type { CounterHandle } from "../progress/index.js";
import type { ResultRow } from "../results/index.js";

/** What a worker needs to run its share of a job; rows come through the port as it asks for them. */
export interface WorkerTask {
  readonly engine: EngineChoice;
  readonly job: EngineJob;
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
  /** What was asked for comes only when rows in flight have ended, if at all. */
  | { readonly kind: "held" }
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "want"; readonly rows: number }
  | { readonly kind: "results"; readonly results: readonly ResultRow[] }
  /** What keeps all of its rows waiting, null for nothing. */
  | { readonly kind: "waits"; readonly for: string | null }
  /** Nothing comes after this. */
  | { readonly kind: "end" };
