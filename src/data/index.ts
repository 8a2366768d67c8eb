export type { Column, ColumnType, EncodedBatch, RowBatch, Source } from "./batch.js";
