export { type Calibration, calibrationsOf } from "./calibrate.js";
export { linkInProcess, linkToProcess, type RunnerLink } from "./link.js";
export { type Plan, type PlanFacts, planJob } from "./plan.js";
export type { RunnerOptions } from "./runner.js";
