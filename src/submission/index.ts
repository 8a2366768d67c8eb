export type { Estimate } from "./estimate.js";
export { tryModel } from "./modelTrial.js";
export { checkOptions } from "./options.js";
export { estimateJobs, type MemoryNeeds, type SubmissionContext, submitJobs } from "./submit.js";
