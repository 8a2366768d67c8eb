import {
  Binary,
  type Data,
  DataType,
  type Field,
  FixedSizeList,
  LargeList,
  List,
  Map_,
  makeBuilder,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  type TypeMap,
  Utf8,
  type Vector,
} from "apache-arrow";
import { plainColumn } from "./arrowValues.js";
import type { EncodedBatch, RowBatch } from "./batch.js";
import { BATCH_BYTES, BATCH_ROWS } from "./limits.js";
import { promptText } from "./plainValue.js";

/** Cuts a record batch into row batches of bounded size, zero-copy where the column types allow (see selfContained). */
export function* sliceBatch(batch: RecordBatch): Generator<RowBatch> {
  const bytesPerRow = batch.data.byteLength / Math.max(1, batch.numRows);
  const step = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / Math.max(1, bytesPerRow))));
  for (let start = 0; start < batch.numRows; start += step) {
    yield arrowBatch(selfContained(batch.slice(start, Math.min(start + step, batch.numRows))));
  }
}

/** Arrow IPC bytes (a stream of one batch) as a record batch. */
export function decodeArrow(bytes: Uint8Array): RecordBatch {
  const [batch] = RecordBatchReader.from(aligned(bytes));
  if (batch === undefined) throw new Error("an encoded batch holds no record batch");
  return batch;
}

/** Arrow lays typed arrays over the bytes, which must then begin at a multiple of 8; copied only where they don't. */
export function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

/** A column's values as prompt text. */
export function textOfColumn(vector: Vector | null, rowCount: number): (string | null)[] {
  if (vector === null) return new Array<null>(rowCount).fill(null);
  if (DataType.isUtf8(vector.type) || DataType.isLargeUtf8(vector.type)) {
    const texts = new Array<string | null>(rowCount);
    for (let i = 0; i < rowCount; i++) texts[i] = vector.get(i) as string | null;
    return texts;
  }
  return plainColumn(vector).map(promptText);
}

function arrowBatch(batch: RecordBatch): RowBatch {
  return {
    rowCount: batch.numRows,
    text: (column) => textOfColumn(batch.getChild(column), batch.numRows),
    encode(): EncodedBatch {
      return { format: "arrow", bytes: RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true) };
    },
  };
}

/** The schema that encoded batches have: dictionaries and string views stand as plain values. */
export function selfContainedSchema(schema: Schema): Schema {
  const fields = schema.fields.map((field: Field) => field.clone({ type: selfContainedType(field.type) }));
  return new Schema(fields, schema.metadata);
}

/** Rewrites the columns that a slice can't carry without the whole: a dictionary or the buffers behind string views
 *  would be copied into every 2,000 rows, and an Arrow file holds only one dictionary a column. */
export function selfContained(batch: RecordBatch): RecordBatch {
  const schema = selfContainedSchema(batch.schema);
  const children = schema.fields.map((field: Field, i: number) => {
    const vector = batch.getChildAt(i) as Vector;
    return (field.type === vector.type ? vector : rebuild(vector, field.type)).data[0] as Data;
  });
  if (children.every((child, i) => child === batch.data.children[i])) return batch;
  const type = new Struct<TypeMap>(schema.fields);
  return new RecordBatch(schema, makeData({ type, length: batch.numRows, children, nullCount: 0 }));
}

function rebuild(vector: Vector, type: DataType): Vector {
  const builder = makeBuilder({ type, nullValues: [null, undefined] });
  for (let i = 0; i < vector.length; i++) builder.append(builderValue(vector.get(i), vector.type));
  return builder.finish().toVector();
}

/** Builders read lists by index, which vectors don't answer: lists become arrays, at every depth. */
function builderValue(value: unknown, type: DataType): unknown {
  if (value === null || DataType.isDictionary(type)) return value;
  const fields = (type.children ?? []) as Field[];
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type))
    return Array.from(value as Iterable<unknown>, (inner) => builderValue(inner, type.valueType));
  if (DataType.isMap(type))
    return new Map(Array.from(value as Iterable<[unknown, unknown]>, ([k, v]) => [k, builderValue(v, type.valueType)]));
  if (!DataType.isStruct(type)) return value;
  const row = value as Record<string, unknown>;
  return Object.fromEntries(fields.map((field) => [field.name, builderValue(row[field.name], field.type)]));
}

/** The same object where nothing has to change. */
function selfContainedType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return selfContainedType(type.dictionary);
  if (DataType.isUtf8View(type)) return new Utf8();
  if (DataType.isBinaryView(type)) return new Binary();
  const fields = type.children as Field[] | undefined;
  if (!fields || fields.length === 0) return type;
  const inner = fields.map((field) => field.clone({ type: selfContainedType(field.type) }));
  if (inner.every((field, i) => field.type === fields[i]?.type)) return type;
  const [only] = inner as [Field];
  if (DataType.isList(type)) return new List(only);
  if (DataType.isLargeList(type)) return new LargeList(only);
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, only);
  if (DataType.isMap(type)) return new Map_(only as Field<Struct>, type.keysSorted);
  return DataType.isStruct(type) ? new Struct(inner) : type;
}
