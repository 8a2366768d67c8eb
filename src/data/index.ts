export type { Column, ColumnType, EncodedBatch, RowBatch, Source } from "./batch.js";
export { type DecodedBatch, decodeBatch, decodeRows, type PlainRow } from "./decode.js";
export { parseExactJson } from "./exactJson.js";
export { openSource } from "./openSource.js";
