import { type EngineName, engineTraits, likelyEngine } from "../engine/index.js";
import type { HomeConfig } from "../jobs/index.js";
import type { MemoryFit } from "../models/index.js";
import { freeMemoryOf } from "../schedule/index.js";
import { measureMachine, type PlannedNeeds, plannableOf, planWith, readModel } from "./planForMachine.js";

/** Plans a job as if it ran alone now; runs nothing. */
export async function fitMemory(needs: PlannedNeeds, config: HomeConfig, engine: EngineName): Promise<MemoryFit> {
  const model = await readModel(needs.modelPath);
  const job = await plannableOf(needs, model, config, engineTraits(likelyEngine(engine).name));
  const machine = await measureMachine();
  const granted = { cores: machine.cores, free: freeMemoryOf(machine), isAlone: true };
  const { plan, mostBytes, backend } = planWith(job, machine, granted);
  const { workers, slots, slotTokens, memoryBytes } = plan;
  return {
    ...{ bytes: memoryBytes, availableBytes: mostBytes, fits: memoryBytes <= mostBytes },
    ...{ place: backend === "cpu" ? "CPU" : "GPU", workers, slots, slotTokens },
  };
}
