export {
  Catalog,
  type JobCounts,
  type JobFilter,
  type NewJob,
  type StatusChange,
  type StoredCalibration,
} from "./catalog.js";
export type { JobFacts } from "./catalogRow.js";
export type { HomeConfig } from "./config.js";
export { type FailedRows, mostFailedRows } from "./failedRows.js";
export { type Home, type HomeOptions, openHome } from "./home.js";
export { JobFile, type NewRow, type PendingRow, type Stored } from "./jobFile.js";
export { countersPath, jobFolder, newJobId } from "./layout.js";
export {
  acquireLease,
  LEASE_LAPSE_MS,
  LEASE_RENEW_MS,
  type LeaseHolder,
  leaseHolder,
  type RunnerLease,
} from "./lease.js";
export { checkQuotas, estimateCost, type TokenPrice } from "./quota.js";
export * from "./record.js";
export { attemptSeed, rowSeed } from "./seed.js";
