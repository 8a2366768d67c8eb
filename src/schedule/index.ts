export { type Calibration, calibrate, isOutgrown, type TrialLimits, trialRows } from "./calibrate.js";
export { freeMemoryOf, type JobFacts, memoryPlace, needsOf } from "./needs.js";
export {
  BATCH_TOKENS,
  completePlan,
  fitsMemory,
  gigabytes,
  type MachineBounds,
  type PlacedJob,
  type Plan,
  type PlanFacts,
  placeJob,
} from "./plan.js";
export {
  type FreeMemory,
  type Lack,
  type MemoryPlace,
  type Needs,
  type QueuedJob,
  type Schedule,
  type Start,
  schedule,
  takenFrom,
  type Wait,
} from "./schedule.js";
export { type Axis, axesOf, DRAFT_TOKENS, describeSetting, MOST_SLOTS, type Wishes } from "./settings.js";
