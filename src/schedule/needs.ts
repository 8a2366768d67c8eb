import { type MachineBounds, type PlanFacts, placeJob } from "./plan.js";
import type { FreeMemory, MemoryPlace, Needs } from "./schedule.js";
import type { Wishes } from "./settings.js";

/** What the planner looks at of a job alone, wherever and beside whatever it runs. */
export type JobFacts = Omit<PlanFacts, "cores" | "hasGpu" | "freeBytes">;

/** What a job takes at least where it belongs, however much is free there now: that of its smallest plan. */
export function needsOf(facts: JobFacts, machine: MachineBounds, wishes: Wishes): Needs {
  const full = { ...machine, freeMemoryBytes: 0, freeVramBytes: 0 };
  const { plan, facts: placed } = placeJob({ ...facts, cores: machine.cores }, full, wishes, false);
  return {
    ...coresOf(wishes, placed.hasGpu, machine.cores),
    place: memoryPlace(placed, machine),
    memoryBytes: plan.memoryBytes,
  };
}

/** Where the memory of a job that runs there comes from. */
export function memoryPlace(
  { engine, hasGpu }: Pick<PlanFacts, "engine" | "hasGpu">,
  { unifiedVramBytes }: MachineBounds,
): MemoryPlace {
  if (!hasGpu) return "host";
  const isUnified = unifiedVramBytes > 0;
  if (engine.placesWhole) return isUnified ? "unified" : "gpu";
  return isUnified ? "host" : "spread";
}

export function freeMemoryOf({ freeMemoryBytes, freeVramBytes }: MachineBounds): FreeMemory {
  return { hostBytes: freeMemoryBytes, gpuBytes: freeVramBytes };
}

/** A GPU is fed by one thread; elsewhere a job takes all cores that it is given, unless workers and threads are both wished. */
function coresOf(
  { workers, threads }: Wishes,
  hasGpu: boolean,
  cores: number,
): Pick<Needs, "leastCores" | "mostCores"> {
  const wished = Math.min(cores, Math.max(1, workers) * Math.max(1, threads));
  const isFixed = hasGpu || (workers > 0 && threads > 0);
  return { leastCores: wished, mostCores: isFixed ? wished : cores };
}
