import { tryModel } from "../engine/index.js";
import { EXIT, RowmillError } from "../errors.js";
import type { HomeConfig, JobRecord } from "../jobs/index.js";
import { backendFacts, estimateMemory, machineFacts, readModelFacts } from "../models/index.js";
import {
  BATCH_TOKENS,
  gigabytes,
  type PlacedJob,
  type Plan,
  type PlanFacts,
  placeJob,
  type Wishes,
} from "../schedule/index.js";

/** A job's plan by rules of thumb, and what the user wished of it. */
export interface PlannedJob extends PlacedJob {
  readonly wishes: Wishes;
}

export interface Surroundings {
  /** How many of the machine's cores the job may use. */
  readonly cores: number;
  /** No other job runs. */
  readonly isAlone: boolean;
  /** The model's weights are in the memory already, and the job may have them. */
  readonly isWarm: boolean;
}

/** What of a job its plan depends on. */
export type PlannedNeeds = Pick<
  JobRecord,
  | "modelPath"
  | "longestRowTokens"
  | "frameTokens"
  | "rowsTotal"
  | "rowsDone"
  | "rowsFailed"
  | "workers"
  | "threads"
  | "slots"
> & { readonly sampling: Pick<JobRecord["sampling"], "maxTokens"> };

/** Plans a job with what the model's file and this machine say now. */
export async function planForMachine(
  job: PlannedNeeds,
  config: HomeConfig,
  engine: PlanFacts["engine"],
  { cores, isAlone, isWarm }: Surroundings,
): Promise<PlannedJob> {
  const model = await readModelFacts(job.modelPath);
  const longestTokens = Math.min(model.contextLength, job.longestRowTokens + job.frameTokens + job.sampling.maxTokens);
  const backend = await backendFacts();
  await tryModel(model.path, backend);
  const gpuLayers = backend.vramBytes > 0 ? null : 0;
  const shape = { slots: 1, slotTokens: longestTokens, batchTokens: BATCH_TOKENS, workers: 1, gpuLayers };
  const memory = await estimateMemory(model, shape);
  const facts = {
    engine,
    cores,
    weightBytes: memory.weights,
    kvBytesPerToken: memory.kvCache / longestTokens,
    computeBytes: memory.compute,
    contextLength: model.contextLength,
    vocabularySize: model.vocabularySize,
    rows: job.rowsTotal - job.rowsDone - job.rowsFailed,
    longestTokens,
    frameTokens: job.frameTokens,
  };
  const wishes = {
    workers: job.workers || config.workers,
    threads: job.threads || config.threads,
    slots: job.slots || config.slots,
  };
  const freeVramBytes = Math.min(backend.vramBytes, backend.freeVramBytes + (isWarm ? memory.weights : 0));
  const machine = { ...machineFacts(), ...backend, freeVramBytes };
  return { ...placeJob(facts, machine, wishes, isAlone), wishes };
}

/** The cores for the next job: all that are free, or a fair part when jobs of other models wait, so that those run beside
 *  it from the start. Jobs of the same model wait for their turn: one at a time is as fast, and the first ends sooner. */
export function shareCores(freeCores: number, next: JobRecord, waiting: readonly JobRecord[]): number {
  const models = new Set([next, ...waiting].map((job) => job.modelPath));
  return Math.max(1, Math.ceil(freeCores / models.size));
}

/** @throws {RowmillError} ROWMILL_NOT_ENOUGH_MEMORY when even the smallest plan is larger than the machine */
export function checkMemory({ plan, mostBytes }: PlannedJob, job: JobRecord): void {
  if (plan.memoryBytes <= mostBytes) return;
  throw new RowmillError(
    "ROWMILL_NOT_ENOUGH_MEMORY",
    `${job.model} needs ${gigabytes(plan.memoryBytes)} GB ${shapeOf(plan)} and this machine has ${gigabytes(mostBytes)} GB: take a smaller model or quantisation, or lower maxTokens`,
    { exitCode: EXIT.jobFailed },
  );
}

function shapeOf({ workers, slots, slotTokens }: Plan): string {
  const many = (count: number, what: string): string => `${count} ${what}${count > 1 ? "s" : ""}`;
  return `with ${many(workers, "worker")} of ${many(slots, "slot")} of ${slotTokens} tokens`;
}
