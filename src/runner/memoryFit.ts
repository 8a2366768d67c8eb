import { type EngineName, likelyEngine } from "../engine/index.js";
import type { HomeConfig } from "../jobs/index.js";
import type { MemoryFit } from "../models/index.js";
import { freeMemoryOf } from "../schedule/index.js";
import { measureMachine, type PlannedNeeds, planWith, readPlannable } from "./planForMachine.js";

/** Plans a job as if it ran alone now; runs nothing. */
export async function fitMemory(needs: PlannedNeeds, config: HomeConfig, engine: EngineName): Promise<MemoryFit> {
  const job = await readPlannable(needs, config, likelyEngine(engine).name);
  const machine = await measureMachine();
  const granted = { cores: machine.cores, free: freeMemoryOf(machine), isAlone: true };
  const { plan, mostBytes, backend } = planWith(job, machine, granted);
  const { workers, slots, slotTokens, memoryBytes } = plan;
  return {
    ...{ bytes: memoryBytes, availableBytes: mostBytes, fits: memoryBytes <= mostBytes },
    ...{ place: backend === "cpu" ? "CPU" : "GPU", workers, slots, slotTokens },
  };
}
