export type { Column, ColumnType, EncodedBatch, RowBatch, Source } from "./batch.js";
export { FILE_FORMATS, type FileFormat } from "./dataFile.js";
export { decimalShape, unscaledDecimal } from "./decimalText.js";
export { type DecodedBatch, decodeBatch, decodeRows, type PlainRow } from "./decode.js";
export { ExactNumber, MOST_LEVELS, numberText, parseExactJson, toJavaScript, writeExactJson } from "./exactJson.js";
export type { NumberStorage } from "./numberStorage.js";
export { openSource } from "./openSource.js";
export { isWellFormed, promptText } from "./plainValue.js";
export type { SourceOptions } from "./sourceOptions.js";
