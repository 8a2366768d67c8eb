export { resultsToArrow } from "./arrow.js";
export { collectResults } from "./collect.js";
export { checkOutputColumn } from "./columns.js";
export type { ConfidenceField } from "./confidence.js";
export type { ResultBatch, ResultFormat, ResultRow, ResultShape, RowFinish } from "./result.js";
export { countBroken } from "./rows.js";
export type { TokenLogprobs } from "./tokenLogprobs.js";
export { resultTarget, writeResults } from "./write.js";
