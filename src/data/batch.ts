import type { NumberStorage } from "./numberStorage.js";

/** A value's logical type, as results are written: `json` is anything nested, or a column of mixed types. */
export type ColumnType = "string" | "integer" | "number" | "boolean" | "json" | "null";

/** A table's column. For Arrow inputs the exact Arrow type lives in the encoded batches; `type` is its nearest. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** How a typed file holds its numbers, where its type's usual way would change some. */
  readonly storage?: NumberStorage;
}

/** How a batch of input rows is kept in a job: `json`, a UTF-8 JSON array of row objects; `arrow`, an Arrow IPC stream
 *  of one schema and its record batches. */
export interface EncodedBatch {
  readonly format: "json" | "arrow";
  readonly bytes: Uint8Array;
}

/** Consecutive input rows. */
export interface RowBatch {
  readonly rowCount: number;
  /** The column's values as prompt text, one per row, `null` for a null or absent value: strings as they are, numbers
   *  as they were written, dates as ISO 8601, nested values as compact JSON.
   *  For a list of strings the only column is "". */
  text(column: string): (string | null)[];
  /** The batch for keeping; `null` for a list of strings, whose prompts are all there is. */
  encode(): EncodedBatch | null;
}

/** What `infer` reads: opened once, read once, batch by batch, never whole. */
export interface Source {
  /** `list`: plain strings; `table`: rows with named columns. */
  readonly kind: "list" | "table";
  /** What it is, for messages: "list", "objects", "csv", "tsv", "jsonl", "json", "parquet", "arrow", "txt", "dataframe". */
  readonly format: string;
  /** File path or glob as given, `null` for data in memory. */
  readonly path: string | null;
  /** Whether it comes from a stream, which can't be opened again. */
  readonly isReadOnce?: boolean;
  /** The columns known before reading; `null` where only reading tells (lists, JSON, async iterables). */
  readonly columns: readonly Column[] | null;
  /** Batches of at most a few thousand rows (and a few MB).
   *  @throws {InputError} unreadable or ragged rows (with file and line), mixed row kinds, invalid UTF-8 */
  batches(): AsyncIterable<RowBatch>;
  /** After the last batch: all columns seen, in order of first appearance, with their final types. */
  finalColumns(): readonly Column[];
}
