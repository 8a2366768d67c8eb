export { resultsToArrow } from "./arrow.js";
export { checkTarget } from "./atomicFile.js";
export { collectResults } from "./collect.js";
export { checkOutputColumn } from "./columns.js";
export type { ConfidenceField } from "./confidence.js";
export {
  RESULT_FORMATS,
  type ResultBatch,
  type ResultFormat,
  type ResultRow,
  type ResultShape,
  type RowFinish,
} from "./result.js";
export { countBroken } from "./rows.js";
export { encodeResults, resultTarget, writeResults } from "./write.js";
