import { type Data, type DataType, type Field, IntervalMonthDayNano, type RecordBatch, Schema } from "apache-arrow";
import { batchOfColumns, withType } from "./arrowData.js";
import { mapLeaves } from "./arrowLower.js";
import { asUuid } from "./uuid.js";

/** Columns that parquet-wasm gives as bare bytes, by their place among all leaves of the schema. */
export interface ByteLeaves {
  /** Parquet's INTERVAL, 12 bytes. */
  readonly intervals: ReadonlySet<number>;
  /** 16 bytes. */
  readonly uuids: ReadonlySet<number>;
}

/** An interval's three unsigned numbers of four bytes: months, days and milliseconds. */
const WORDS = 3;

export function hasByteLeaves({ intervals, uuids }: ByteLeaves): boolean {
  return intervals.size + uuids.size > 0;
}

/** The schema of what withLeaves gives. */
export function schemaWithLeaves(schema: Schema, { intervals, uuids }: ByteLeaves): Schema {
  const fields = mapLeaves(schema.fields, (field, leaf) => {
    if (intervals.has(leaf)) return field.clone({ type: new IntervalMonthDayNano() });
    return uuids.has(leaf) ? asUuid(field) : field;
  });
  return new Schema(fields, schema.metadata);
}

/** The batch with those columns as intervals of months, days and nanoseconds, and as UUIDs. */
export function withLeaves(batch: RecordBatch, leaves: ByteLeaves): RecordBatch {
  const schema = schemaWithLeaves(batch.schema, leaves);
  const place = { next: 0 };
  const columns = batch.data.children.map((column, i) =>
    converted(column, (schema.fields[i] as Field).type, leaves.intervals, place),
  );
  return batchOfColumns(schema, batch.numRows, columns);
}

type Place = { next: number };

function converted(data: Data, type: DataType, intervals: ReadonlySet<number>, place: Place): Data {
  if (data.children.length === 0) return intervals.has(place.next++) ? intervalsOf(data, type) : data;
  const fields = (type.children ?? []) as Field[];
  const children = data.children.map((child, i) => converted(child, (fields[i] as Field).type, intervals, place));
  return withType(data, type, { children });
}

function intervalsOf(data: Data, type: DataType): Data {
  const bytes = data.values as Uint8Array;
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Int32Array(data.length * 4);
  const nanoseconds = new BigInt64Array(values.buffer);
  for (let i = 0; i < data.length; i++) {
    const at = i * WORDS * 4;
    values[i * 4] = words.getInt32(at, true);
    values[i * 4 + 1] = words.getInt32(at + 4, true);
    nanoseconds[i * 2 + 1] = BigInt(words.getUint32(at + 8, true)) * 1_000_000n;
  }
  return withType(data, type, { values });
}
