export type { ResultBatch, ResultFormat, ResultRow, ResultShape } from "./result.js";
