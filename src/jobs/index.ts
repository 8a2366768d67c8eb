export { Budget } from "./budget.js";
export {
  Catalog,
  type JobFilter,
  type QueueEntry,
  type StatusChange,
  type StoredCalibration,
} from "./catalog.js";
export { DEFAULT_ENDPOINT_LIMITS, type HomeConfig } from "./config.js";
export { describeTrouble, diskFacts, diskTrouble } from "./diskTrouble.js";
export { type FailedRows, mostFailedRows } from "./failedRows.js";
export { type Home, type HomeOptions, openHome, requireWritable } from "./home.js";
export { JobFile, type NewRow, type PendingRow, type Stored } from "./jobFile.js";
export { countersPath, jobFilePath, jobFolder, newJobId, runnerLockPath } from "./layout.js";
export {
  acquireLease,
  LEASE_LAPSE_MS,
  LEASE_RENEW_MS,
  LEASE_SEEN_LAPSE_MS,
  type LeaseHolder,
  leaseHolder,
  type RunnerLease,
} from "./lease.js";
export { isPassing, PassingError } from "./passingError.js";
export { checkQuotas, estimateCost, type TokenPrice } from "./quota.js";
export * from "./record.js";
export { attemptSeed, rowSeed } from "./seed.js";
export type { NewJob } from "./storedRecord.js";
export { SystemLock } from "./systemLock.js";
export { keepUntold, takeUntold } from "./untold.js";
