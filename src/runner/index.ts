export { linkInProcess, linkToProcess, type RunnerLink } from "./link.js";
export { fitMemory } from "./planners.js";
export type { PlannedNeeds } from "./planning.js";
export type { RunnerOptions } from "./runner.js";
export { calibrationsOf } from "./storedCalibrations.js";
export { waitsIn } from "./waiting.js";
