import { type EngineName, likelyEngine } from "../engine/index.js";
import type { HomeConfig } from "../jobs/index.js";
import { type MemoryFit, machineFacts } from "../models/index.js";
import { type PlannedNeeds, planForMachine } from "./planForMachine.js";

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
