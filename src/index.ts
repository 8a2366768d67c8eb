export type { Column, ColumnType } from "./data/index.js";
export { ENGINES, type EngineName } from "./engine/index.js";
export { EXIT, InputError, RowmillError } from "./errors.js";
export type { InferOptions, SamplingOptions } from "./inferTable.js";
export {
  type ColumnChoice,
  JOB_STATUSES,
  type JobCounts,
  type JobRecord,
  type JobSpec,
  type JobStatus,
  type Quota,
} from "./jobs/index.js";
export type {
  BackendFacts,
  CatalogEntry,
  MachineFacts,
  ModelFileFacts,
  ModelListing,
  ResolvedModel,
} from "./models/index.js";
export type { NamedOption, OptionWords } from "./optionNames.js";
export type { SchemaReport } from "./output/index.js";
export type { Counts, Progress, ProgressEmitter } from "./progress/index.js";
export type { ResultFormat } from "./results/index.js";
export {
  type AwaitOptions,
  type CalibrationReport,
  type DoctorReport,
  type JobId,
  type OutputOf,
  type ResultOptions,
  Rowmill,
  type RowmillOptions,
  type RowOptions,
  type UnpackedRow,
  type WaitingJob,
} from "./rowmill.js";
export type { JobSampling, SamplingParams } from "./sampling.js";
export type { Estimate } from "./submission/index.js";
