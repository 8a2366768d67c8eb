export { type Calibration, calibrationsOf } from "./calibrate.js";
export { linkInProcess, linkToProcess, type RunnerLink } from "./link.js";
export { fitMemory } from "./memoryFit.js";
export { BATCH_TOKENS, type Plan, type PlanFacts, planJob } from "./plan.js";
export type { PlannedNeeds } from "./planForMachine.js";
export type { RunnerOptions } from "./runner.js";
export { DRAFT_TOKENS, MOST_SLOTS } from "./settings.js";
export { waitsIn } from "./waiting.js";
