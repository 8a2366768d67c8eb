import {
  type Data,
  DataType,
  DateUnit,
  type Field,
  type RecordBatch,
  Schema,
  TimestampMillisecond,
} from "apache-arrow";
import { validity } from "./arrowBits.js";
import { batchOfColumns, withType } from "./arrowData.js";
import { withChildren } from "./arrowLower.js";
import { DAY_MS } from "./temporalText.js";

/** An Arrow table of this copy of the library. */
export interface AdoptedTable {
  readonly schema: Schema;
  readonly batches: readonly RecordBatch[];
}

/** The table with its dates of milliseconds as timestamps in UTC where any of a column's has a time of day, at every depth. */
export function withInstants(table: AdoptedTable): AdoptedTable {
  const { schema, batches } = table;
  const fields = schema.fields.map((field: Field, i: number) => {
    const type = typeOf(
      field.type,
      batches.map((batch) => batch.data.children[i] as Data),
    );
    return type === field.type ? field : field.clone({ type });
  });
  if (fields.every((field: Field, i: number) => field === schema.fields[i])) return table;
  const other = new Schema(fields, schema.metadata);
  return {
    schema: other,
    batches: batches.map((batch) => {
      const columns = fields.map((field: Field, i: number) => retyped(batch.data.children[i] as Data, field.type));
      return batchOfColumns(other, batch.numRows, columns);
    }),
  };
}

function typeOf(type: DataType, parts: readonly Data[]): DataType {
  if (DataType.isDate(type) && type.unit === DateUnit.MILLISECOND)
    return parts.some(hasTimeOfDay) ? new TimestampMillisecond("UTC") : type;
  const fields = (type.children ?? []) as Field[];
  if (DataType.isDictionary(type) || fields.length === 0) return type;
  const inner = fields.map((field, place) => {
    const own = typeOf(
      field.type,
      parts.map((part) => part.children[place] as Data),
    );
    return own === field.type ? field : field.clone({ type: own });
  });
  return inner.every((field, i) => field === fields[i]) ? type : withChildren(type, inner);
}

function hasTimeOfDay(part: Data): boolean {
  const isValid = validity(part);
  return (part.values as BigInt64Array).some((value, i) => value % DAY_MS !== 0n && isValid(i));
}

function retyped(data: Data, type: DataType): Data {
  if (DataType.isDictionary(type)) return data;
  const fields = (type.children ?? []) as Field[];
  const children = data.children.map((child, i) => retyped(child, (fields[i] as Field).type));
  return withType(data, type, { children });
}
