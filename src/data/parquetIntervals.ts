import { type Data, type DataType, type Field, IntervalMonthDayNano, type RecordBatch, Schema } from "apache-arrow";
import { batchOfColumns, withType } from "./arrowData.js";
import { mapLeaves } from "./arrowLower.js";

/** Parquet's INTERVAL: three unsigned numbers of four bytes, months, days and milliseconds. */
const WORDS = 3;

/** The schema of what withIntervals gives.
 *  @param leaves  columns of 12 bytes, by their place among all leaves of the schema */
export function schemaWithIntervals(schema: Schema, leaves: ReadonlySet<number>): Schema {
  const fields = mapLeaves(schema.fields, (type, leaf) => (leaves.has(leaf) ? new IntervalMonthDayNano() : type));
  return new Schema(fields, schema.metadata);
}

/** The batch with those columns as intervals of months, days and nanoseconds. */
export function withIntervals(batch: RecordBatch, leaves: ReadonlySet<number>): RecordBatch {
  const schema = schemaWithIntervals(batch.schema, leaves);
  const place = { next: 0 };
  const columns = batch.data.children.map((column, i) =>
    converted(column, (schema.fields[i] as Field).type, leaves, place),
  );
  return batchOfColumns(schema, batch.numRows, columns);
}

type Place = { next: number };

function converted(data: Data, type: DataType, leaves: ReadonlySet<number>, place: Place): Data {
  if (data.children.length === 0) return leaves.has(place.next++) ? intervals(data, type) : data;
  const fields = (type.children ?? []) as Field[];
  const children = data.children.map((child, i) => converted(child, (fields[i] as Field).type, leaves, place));
  return withType(data, type, { children });
}

function intervals(data: Data, type: DataType): Data {
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
