import {
  Bool,
  type Data,
  type DataType,
  Field,
  makeBuilder,
  makeData,
  type RecordBatch,
  Schema,
  Table,
  Utf8,
} from "apache-arrow";
import { batchOfColumns, type Column, decodeBatch, type ExactNumber, writeExactJson } from "../data/index.js";
import { planColumns, type ResultColumn } from "./columns.js";
import { numberType, storedNumber } from "./numberColumns.js";
import type { ResultBatch, ResultShape } from "./result.js";
import { resultValues } from "./rows.js";

/** All results as an Arrow table: input columns with the exact types that an Arrow or Parquet input had (dictionaries as
 *  plain values), for other inputs strings as Utf8, integers as Int64, numbers as Float64 (either as Uint64, Decimal128 or text where those would change a
 *  number), booleans as Bool, and nested or mixed values as JSON text. `Buffer.from(tableToIPC(table))` is what other DataFrames read.
 *  @throws {InputError} ROWMILL_INTEGER_RANGE, ROWMILL_NUMBER_RANGE, ROWMILL_DUPLICATE_COLUMN */
export async function resultsToArrow(batches: AsyncIterable<ResultBatch>, shape: ResultShape): Promise<Table> {
  const columns = planColumns(shape);
  const toRecordBatch = recordBatches(columns, shape);
  const all: RecordBatch[] = [];
  for await (const batch of batches) all.push(toRecordBatch(batch));
  return new Table(all.length > 0 ? all : [emptyBatch(columns)]);
}

/** No rows, but the columns. */
export function emptyBatch(columns: readonly ResultColumn[]): RecordBatch {
  const schema = new Schema(columns.map(plainField));
  const children = columns.map((column, i) => buildColumn(schema.fields[i] as Field, column, []));
  return batchOfColumns(schema, 0, children);
}

/** A function that turns result batches into record batches of one schema, the first batch's. */
export function recordBatches(
  columns: readonly ResultColumn[],
  shape: ResultShape,
): (batch: ResultBatch) => RecordBatch {
  let schema: Schema | null = null;
  return (batch) => {
    const decoded = batch.inputs === null ? null : decodeBatch(batch.inputs);
    const input = decoded?.format === "arrow" ? decoded.batch : null;
    schema ??= new Schema(columns.map((column) => exactField(column, input)));
    const isPlain = (column: ResultColumn) => input === null || column.origin !== "input";
    const added = columns.filter(isPlain);
    const values = resultValues(batch, added, shape);
    const children = columns.map((column, place): Data => {
      if (!isPlain(column)) return input?.getChild(column.from)?.data[0] as Data;
      return buildColumn((schema as Schema).fields[place] as Field, column, values[added.indexOf(column)] ?? []);
    });
    return batchOfColumns(schema, batch.rows.length, children);
  };
}

function exactField(column: ResultColumn, input: RecordBatch | null): Field {
  const known = column.origin === "input" ? input?.schema.fields.find(({ name }) => name === column.from) : undefined;
  return known === undefined ? plainField(column) : known.clone({ name: column.name, nullable: true });
}

function plainField(column: ResultColumn): Field {
  return new Field(column.name, arrowType(column), true);
}

function arrowType(column: Column): DataType {
  if (column.type === "integer" || column.type === "number") return numberType(column);
  return column.type === "boolean" ? new Bool() : new Utf8();
}

function buildColumn(field: Field, column: ResultColumn, values: readonly unknown[]): Data {
  const builder = makeBuilder({ type: field.type, nullValues: [null, undefined] });
  for (const value of values) builder.append(value === null ? null : cellFor(column, value));
  return builder.finish().toVector().data[0] ?? makeData({ type: field.type, length: 0 });
}

/** A plain value as its column's type holds it; types come from the rows themselves, or from a schema that every output obeys. */
function cellFor(column: ResultColumn, value: unknown): unknown {
  const { type, origin } = column;
  if (type === "integer" || type === "number") return storedNumber(column, value as number | ExactNumber);
  if (type === "boolean") return value === true;
  // unpacked strings stay bare; in a mixed input column JSON tells "1" from 1
  const isBare = typeof value === "string" && (type !== "json" || origin !== "input");
  return isBare ? value : writeExactJson(value);
}
