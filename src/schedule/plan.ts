import type { BatchPlan, EngineTraits } from "../engine/index.js";
import { MOST_SLOTS, type Setting, type Wishes } from "./settings.js";

/** What the planner looks at. Sizes in bytes. */
export interface PlanFacts {
  readonly engine: EngineTraits;
  readonly cores: number;
  readonly freeBytes: number;
  readonly weightBytes: number;
  /** KV cache of one token of one sequence. */
  readonly kvBytesPerToken: number;
  /** Compute buffers of one context. */
  readonly computeBytes: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly hasGpu: boolean;
  readonly rows: number;
  /** Prefix, suffix, the longest row and maxTokens. */
  readonly longestTokens: number;
  /** Prefix and suffix. */
  readonly frameTokens: number;
}

/** What a machine has for a job. Sizes in bytes. */
export interface MachineBounds {
  /** All that the process may use, busy or not. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Of all GPUs; 0 where there is none. */
  readonly vramBytes: number;
  readonly freeVramBytes: number;
  /** Of these, what is the machine's own memory as well. */
  readonly unifiedVramBytes: number;
}

/** A plan by rules of thumb, what it was made from, and where it runs. */
export interface PlacedJob {
  readonly facts: PlanFacts;
  readonly plan: Plan;
  readonly backend: "auto" | "cpu";
  /** All that there is where it runs, free or not. */
  readonly mostBytes: number;
  /** Why it runs there, and what of a wish can't be. */
  readonly placeReasons: readonly string[];
}

/** How a job is run, and why: shown by `doctor` and kept in the job record. */
export interface Plan extends BatchPlan, Setting {
  readonly memoryBytes: number;
  readonly reasons: readonly string[];
}

const MB = 1024 * 1024;
/** Above this, workers that each read the weights cost more memory traffic than they save in waiting. */
const SMALL_MODEL_BYTES = 300 * MB;
/** Of a large model, whose weights are read from memory for every step, however many rows are in it. */
const CPU_SLOTS = 16;
/** Of a small model, whose weights stay in the cache: more rows gain nothing, and each token looks over all rows' places in
 *  the KV cache (docs/performance.md). */
const SMALL_MODEL_SLOTS = 2;
const GPU_SLOTS = 64;
const WORKERS_PER_CORE = 4;
/** A token of every slot, and rows that begin. */
export const BATCH_TOKENS = 512;
/** Of a slot in llama.cpp's buffers for logits and in a sampling graph, for each token of the vocabulary. */
const CPU_LOGIT_BYTES = 4;
const GPU_LOGIT_BYTES = 32;
/** Masks that a sampling graph keeps beside those of the slots, 2 bytes for each token of the vocabulary. */
const SPARE_MASKS = 65;
/** Of the free memory, what a job may plan with. */
const MEMORY_SHARE = 0.8;

/** Plans a job for the GPU where there is one that holds it, and for the CPU otherwise, unless the
 *  engine spreads a model over both by itself: one that places it as a whole fails on a GPU without memory.
 *  @param isAlone  no other job runs; otherwise a job that only finds no room on the GPU now is planned for it, to wait
 *  @throws nothing */
export function placeJob(
  facts: Omit<PlanFacts, "hasGpu" | "freeBytes">,
  machine: MachineBounds,
  wishes: Wishes,
  isAlone: boolean,
): PlacedJob {
  const { bounded, reasons: capped } = boundWishes(wishes, machine.cores);
  const place = (hasGpu: boolean, freeBytes: number, mostBytes: number, reasons: string[]): PlacedJob => {
    const all = { ...facts, hasGpu, freeBytes };
    const placeReasons = [...reasons, ...capped];
    return { facts: all, plan: planJob(all, bounded), backend: hasGpu ? "auto" : "cpu", mostBytes, placeReasons };
  };
  const { memoryBytes, freeMemoryBytes, vramBytes, freeVramBytes, unifiedVramBytes } = machine;
  const onCpu = (reasons: string[]): PlacedJob => place(false, freeMemoryBytes, memoryBytes, reasons);
  if (vramBytes === 0) return onCpu([]);
  const isUnified = unifiedVramBytes > 0;
  if (!facts.engine.placesWhole) {
    const free = freeMemoryBytes + (isUnified ? 0 : freeVramBytes);
    return place(true, free, memoryBytes + vramBytes - unifiedVramBytes, []);
  }
  const everFree = place(true, vramBytes, vramBytes, []);
  if (!fitsMemory(everFree.facts, everFree.plan)) return onCpu([tooLarge(everFree.plan, vramBytes)]);
  const free = isUnified ? Math.min(freeVramBytes, freeMemoryBytes) : freeVramBytes;
  const now = place(true, free, vramBytes, []);
  return !isAlone || fitsMemory(now.facts, now.plan) ? now : onCpu([`${tooLarge(now.plan, free)} now`]);
}

/** What the machine can bear of what was asked for. */
function boundWishes(wishes: Wishes, cores: number): { bounded: Wishes; reasons: string[] } {
  const reasons: string[] = [];
  const atMost = (wish: number, most: number, what: string): number => {
    if (wish > most) reasons.push(`${most} ${what}, not ${wish}`);
    return Math.min(wish, most);
  };
  const bounded = {
    workers: atMost(wishes.workers, WORKERS_PER_CORE * cores, "workers: more only wait for a core"),
    // each spins while it waits for the others
    threads: atMost(wishes.threads, cores, `threads a worker: there are ${cores} cores`),
    slots: atMost(wishes.slots, MOST_SLOTS, "slots a worker: llama.cpp has no more sequences"),
  };
  return { bounded, reasons };
}

function tooLarge({ memoryBytes }: Plan, gpuBytes: number): string {
  return `on the CPU: the job needs ${gigabytes(memoryBytes)} GB and may have ${gigabytes(MEMORY_SHARE * gpuBytes)} GB of the GPU's`;
}

/** @returns e.g. "1.5" */
export function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

/** Chooses workers × threads × slots for one job by rules of thumb, which a calibration may better.
 *  @throws nothing: the smallest plan has one worker, one thread and one slot; `memoryBytes` tells what it needs */
export function planJob(facts: PlanFacts, wishes: Wishes): Plan {
  const reasons: string[] = [];
  let workers = wishes.workers || chooseWorkers(facts, wishes, reasons);
  const threads = wishes.threads || chooseThreads(facts, workers, reasons);
  let slots = chooseSlots(facts, wishes, workers);
  const fits = (): boolean => fitsMemory(facts, { workers, slots });
  while (!wishes.slots && slots > 1 && !fits()) slots = Math.ceil(slots / 2);
  while (!wishes.workers && workers > 1 && !fits()) workers--;
  const isFixed = wishes.workers > 1 || wishes.slots > 1;
  if (!fits())
    reasons.push(`${isFixed ? "what was asked for" : "even the smallest plan"} needs more memory than is free`);
  else if (!wishes.slots && slots < chooseSlots(facts, wishes, workers))
    reasons.push(`${slots} slots a worker: more would not fit the free memory`);
  return completePlan(facts, { workers, threads, slots, draftTokens: 0 }, reasons);
}

/** What follows from a setting.
 *  @param reasons  for the setting */
export function completePlan(facts: PlanFacts, setting: Setting, reasons: readonly string[]): Plan {
  const slotTokens = slotTokensOf(facts);
  return {
    ...setting,
    slotTokens,
    batchTokens: BATCH_TOKENS,
    // a GPU's logits would come over the bus, and its host would look at all of them
    samplesInGraph: facts.engine.samplesInGraph && facts.hasGpu,
    memoryBytes: Math.round(memoryOf(facts, setting)),
    reasons: [...reasons, `${slotTokens} tokens a slot: the longest row with its prompt and maxTokens`],
  };
}

/** Whether a setting keeps to the job's share of the free memory. */
export function fitsMemory(facts: PlanFacts, setting: Pick<Setting, "workers" | "slots">): boolean {
  return memoryOf(facts, setting) <= facts.freeBytes * MEMORY_SHARE;
}

function memoryOf(facts: PlanFacts, { workers, slots }: Pick<Setting, "workers" | "slots">): number {
  const { weightBytes, computeBytes, kvBytesPerToken, frameTokens, vocabularySize, hasGpu } = facts;
  const logitBytes =
    vocabularySize * (hasGpu ? GPU_LOGIT_BYTES * slots + 2 * (SPARE_MASKS + slots) : CPU_LOGIT_BYTES * slots);
  const slotBytes = slots * slotTokensOf(facts) * kvBytesPerToken + logitBytes;
  return facts.engine.sharesModel
    ? weightBytes + workers * (computeBytes + slotBytes + frameTokens * kvBytesPerToken)
    : workers * (weightBytes + computeBytes + slotBytes);
}

function slotTokensOf({ contextLength, longestTokens }: PlanFacts): number {
  return Math.min(contextLength, Math.max(64, longestTokens));
}

function chooseWorkers(facts: PlanFacts, { threads }: Wishes, reasons: string[]): number {
  if (facts.hasGpu) {
    reasons.push("one worker: the GPU takes all slots in one batch");
    return 1;
  }
  const most = Math.max(1, Math.min(Math.floor(facts.cores / Math.max(1, threads)), facts.rows));
  if (facts.weightBytes <= SMALL_MODEL_BYTES || facts.cores <= 2) {
    const why =
      threads > 1
        ? `${threads} threads, as asked for, on ${facts.cores} cores`
        : `one thread on ${facts.cores} cores: compute threads that wait for each other lose to workers that do not`;
    reasons.push(`${most} worker${most > 1 ? "s" : ""} of ${why}`);
    return most;
  }
  const several = Math.max(1, Math.min(most, Math.floor(facts.cores / 4)));
  reasons.push(
    `${several} worker${several > 1 ? "s" : ""} of several threads: the model is large, its weights are read once a step`,
  );
  return several;
}

function chooseSlots(facts: PlanFacts, wishes: Wishes, workers: number): number {
  if (wishes.slots > 0) return wishes.slots;
  const isSmall = facts.engine.sharesCache && facts.weightBytes <= SMALL_MODEL_BYTES;
  const most = facts.hasGpu ? GPU_SLOTS : isSmall ? SMALL_MODEL_SLOTS : CPU_SLOTS;
  return Math.max(1, Math.min(most, Math.ceil(facts.rows / workers)));
}

/** A compute thread that spins beside a busy event loop costs 8 to 15 times (docs/performance.md): where a worker of the
 *  reference engine has several threads, one core of its share stays free for the loop. The native engine's loop is one
 *  of the compute threads. */
function chooseThreads(facts: PlanFacts, workers: number, reasons: string[]): number {
  // the GPU computes; a thread feeds it
  if (facts.hasGpu) return 1;
  const share = Math.max(1, Math.floor(facts.cores / workers));
  if (facts.engine.computesInLoop) return share;
  const threads = share <= 2 ? 1 : share - 1;
  if (share > 1) reasons.push(`${threads} of ${share} cores compute, the rest serves the worker's event loop`);
  return threads;
}
