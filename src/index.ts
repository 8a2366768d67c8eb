export { ENGINES, type EngineName } from "./engine/index.js";
export { EXIT, InputError, RowmillError } from "./errors.js";
export type { JobRecord, JobSampling, JobSpec, JobStatus, Quota } from "./jobs/index.js";
export type { Progress, ProgressEmitter } from "./progress/index.js";
export { type AwaitOptions, type ResultOptions, Rowmill, type RowmillOptions } from "./rowmill.js";
export type { Estimate, InferOptions, SamplingParams } from "./submission/index.js";
