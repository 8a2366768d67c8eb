export { resultsToArrow } from "./arrow.js";
export { collectResults } from "./collect.js";
export { checkOutputColumn } from "./columns.js";
export type { ResultBatch, ResultFormat, ResultRow, ResultShape } from "./result.js";
export { resultTarget, writeResults } from "./write.js";
