import { type EngineName, likelyEngine } from "../engine/index.js";
import type { HomeConfig } from "../jobs/index.js";
import { machineFacts } from "../models/index.js";
import { type PlannedNeeds, planForMachine } from "./planForMachine.js";

/** What a job would take of memory with the planner's slots, and what there is. */
export interface MemoryFit {
  /** Weights, KV cache of all slots, and what is computed with. */
  readonly bytes: number;
  /** Of the place where it would run, busy or not. */
  readonly availableBytes: number;
  readonly fits: boolean;
  readonly place: "GPU" | "CPU";
  readonly workers: number;
  /** Of a worker; each holds one row. */
  readonly slots: number;
  readonly slotTokens: number;
}

/** Plans a job as if it ran alone now; measures and runs nothing. */
export async function fitMemory(needs: PlannedNeeds, config: HomeConfig, engine: EngineName): Promise<MemoryFit> {
  const surroundings = { cores: machineFacts().cores, isAlone: true, isWarm: false };
  const { plan, mostBytes, backend } = await planForMachine(needs, config, likelyEngine(engine).name, surroundings);
  const { workers, slots, slotTokens, memoryBytes } = plan;
  return {
    ...{ bytes: memoryBytes, availableBytes: mostBytes, fits: memoryBytes <= mostBytes },
    ...{ place: backend === "cpu" ? "CPU" : "GPU", workers, slots, slotTokens },
  };
}
