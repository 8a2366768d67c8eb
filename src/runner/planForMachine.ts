import { tryModel } from "../engine/index.js";
import { EXIT, RowmillError } from "../errors.js";
import type { HomeConfig, JobRecord } from "../jobs/index.js";
import { backendFacts, estimateMemory, type ModelFileFacts, machineFacts, readModelFacts } from "../models/index.js";
import {
  BATCH_TOKENS,
  gigabytes,
  type JobFacts,
  type MachineBounds,
  type MemoryPlace,
  memoryPlace,
  type Needs,
  needsOf,
  type PlacedJob,
  type Plan,
  type PlanFacts,
  placeJob,
  type Wishes,
} from "../schedule/index.js";
import type { Granted, PlannedJob, PlannedNeeds } from "./planning.js";

/** A plan by rules of thumb, and what the user wished of it. */
export interface PlacedFile extends PlacedJob {
  readonly wishes: Wishes;
  readonly place: MemoryPlace;
}

/** What a plan is made from, as the job and its model's file say. */
export interface PlannableFile {
  readonly facts: JobFacts;
  readonly wishes: Wishes;
  readonly needs: Needs;
}

/** Looks at this machine as it is now. */
export async function measureMachine(): Promise<MachineBounds> {
  return { ...machineFacts(), ...(await backendFacts()) };
}

/** @throws {InputError} of a model's file that is gone, or none that llama.cpp can load */
export async function readModel(path: string): Promise<ModelFileFacts> {
  const model = await readModelFacts(path);
  await tryModel(model.path, await backendFacts());
  return model;
}

/** Finds what a job's plan is made from, which stays as it is while the job waits. */
export async function plannableOf(
  job: PlannedNeeds,
  model: ModelFileFacts,
  config: HomeConfig,
  engine: PlanFacts["engine"],
): Promise<PlannableFile> {
  const longestTokens = Math.min(model.contextLength, job.longestRowTokens + job.frameTokens + job.sampling.maxTokens);
  const backend = await backendFacts();
  const gpuLayers = backend.vramBytes > 0 ? null : 0;
  const shape = { slots: 1, slotTokens: longestTokens, batchTokens: BATCH_TOKENS, workers: 1, gpuLayers };
  const memory = await estimateMemory(model, shape);
  const facts = {
    engine,
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
  return { facts, wishes, needs: needsOf(facts, { ...machineFacts(), ...backend }, wishes) };
}

/** Plans a job with what the schedule gives it. One that runs alone and finds the GPU taken by other programs runs on the CPU, with
 *  all cores and not with the one that feeds a GPU.
 *  @returns the plan, and the cores that it takes */
export function planGranted(
  plannable: PlannableFile,
  machine: MachineBounds,
  granted: Granted,
): { readonly planned: PlacedFile; readonly cores: number } {
  const planned = planWith(plannable, machine, granted);
  if (!granted.isAlone || planned.place !== "host" || plannable.needs.place === "host")
    return { planned, cores: granted.cores };
  const { cores } = machine;
  return { planned: planWith(plannable, machine, { ...granted, cores }), cores };
}

/** Plans a job with what it may use. */
export function planWith(
  { facts, wishes }: PlannableFile,
  machine: MachineBounds,
  { cores, free, isAlone }: Granted,
): PlacedFile {
  const freeVramBytes = Math.min(machine.vramBytes, free.gpuBytes);
  const bounds = { ...machine, freeMemoryBytes: free.hostBytes, freeVramBytes };
  const placed = placeJob({ ...facts, cores }, bounds, wishes, isAlone);
  return { ...placed, wishes, place: memoryPlace(placed.facts, machine) };
}

/** @throws {RowmillError} ROWMILL_NOT_ENOUGH_MEMORY when even the smallest plan is larger than the machine */
export function checkMemory({ plan, mostBytes }: Pick<PlannedJob, "plan" | "mostBytes">, job: JobRecord): void {
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
