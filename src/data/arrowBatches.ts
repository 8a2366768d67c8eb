import {
  type Data,
  DataType,
  type Field,
  type RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
} from "apache-arrow";
import { InputError } from "../errors.js";
import { batchOfColumns, dataOf, withType } from "./arrowData.js";
import { gather, pickRange } from "./arrowGather.js";
import { lowerData, lowerSchema } from "./arrowLower.js";
import { plainColumn } from "./arrowValues.js";
import type { EncodedBatch, RowBatch } from "./batch.js";
import { BATCH_BYTES, BATCH_ROWS, RECORD_BYTES } from "./limits.js";
import { promptText } from "./plainValue.js";

/** Cuts a record batch into row batches of bounded size, whose columns stand for themselves: a dictionary or the buffers behind
 *  views would be copied into every 2,000 rows, and an Arrow file holds only one dictionary a column. */
export function* sliceBatch(batch: RecordBatch): Generator<RowBatch> {
  const bytesPerRow = batch.data.byteLength / Math.max(1, batch.numRows);
  const step = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / Math.max(1, bytesPerRow))));
  for (let start = 0; start < batch.numRows; start += step) {
    yield arrowBatch(cutBatch(batch, start, Math.min(start + step, batch.numRows)));
  }
}

/** Arrow IPC bytes (a stream of one batch) as a record batch. */
export function decodeArrow(bytes: Uint8Array): RecordBatch {
  const [batch] = RecordBatchReader.from(aligned(bytes));
  if (batch === undefined) throw new Error("an encoded batch holds no record batch");
  return batchOfColumns(batch.schema, batch.numRows, batch.data.children.map(withNulls));
}

/** A record batch as Arrow IPC bytes, a stream of its own. */
export function encodeArrow(batch: RecordBatch): Uint8Array {
  return RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true);
}

/** Arrow lays typed arrays over the bytes, which must then begin at a multiple of 8; copied only where they don't. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

/** A column's values as prompt text; null for each row where it is not there.
 *  @throws {InputError} ROWMILL_UNREADABLE for one beyond 16 MB, which no line of a text file may have either */
export function textOfColumn(batch: RecordBatch, name: string): (string | null)[] {
  const values = plainColumn(batch, name);
  if (values === null) return new Array<null>(batch.numRows).fill(null);
  return values.map((value) => {
    const text = promptText(value);
    if (text === null || text.length <= RECORD_BYTES) return text;
    const limit = `${RECORD_BYTES / 1024 / 1024} MB`;
    throw new InputError(
      "ROWMILL_UNREADABLE",
      `A row's "${name}" is longer than ${limit}. Cut it, or leave the row out.`,
    );
  });
}

function arrowBatch(batch: RecordBatch): RowBatch {
  return {
    rowCount: batch.numRows,
    text: (column) => textOfColumn(batch, column),
    encode(): EncodedBatch {
      return { format: "arrow", bytes: encodeArrow(batch) };
    },
  };
}

/** Rows of a record batch, whose columns stand for themselves (see sliceBatch). */
export function cutBatch(batch: RecordBatch, start: number, end: number): RecordBatch {
  const schema = lowerSchema(batch.schema);
  const isWhole = start === 0 && end === batch.numRows;
  const children = batch.data.children.map((column) => {
    // a slice of a dense union would be written with the wrong values of its kinds
    if (!isWhole && holdsUnion(column.type)) return gather([lowerData(column)], pickRange(start, end));
    return lowerData(isWhole ? column : column.slice(start, end - start));
  });
  return batchOfColumns(schema, end - start, children.map(withNulls));
}

/** The column with columns of nothing but null as dataOf makes them. */
function withNulls(data: Data): Data {
  const { type, offset, length } = data;
  if (DataType.isNull(type)) return dataOf(type, length, length, {}, [], offset);
  const children = data.children.map(withNulls);
  return children.every((child, i) => child === data.children[i]) ? data : withType(data, type, { children });
}

function holdsUnion(type: DataType): boolean {
  return DataType.isUnion(type) || ((type.children ?? []) as Field[]).some((field) => holdsUnion(field.type));
}
