export { columnsOfSchema, plainColumn } from "./arrowValues.js";
export type { Column, ColumnType, EncodedBatch, RowBatch, Source } from "./batch.js";
export { type DecodedBatch, decodeBatch, decodeRows, type PlainRow } from "./decode.js";
export { parseExactJson } from "./exactJson.js";
export { openSource } from "./openSource.js";
export { plainValue, promptText } from "./plainValue.js";
