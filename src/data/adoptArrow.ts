import * as arrow from "apache-arrow";
import { batchOfColumns } from "./arrowData.js";
import { type AdoptedTable, withInstants } from "./jsInstants.js";

/** What of another copy's (or version's) Arrow objects is the same in all of them. */
interface ForeignType {
  readonly typeId: number;
  readonly children?: readonly ForeignField[] | null;
  readonly isSigned?: boolean;
  readonly bitWidth?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | null;
  readonly byteWidth?: number;
  readonly listSize?: number;
  readonly keysSorted?: boolean;
  readonly mode?: number;
  readonly typeIds?: ArrayLike<number>;
  readonly dictionary?: ForeignType;
  readonly indices?: ForeignType;
}
interface ForeignField {
  readonly name: string;
  readonly type: ForeignType;
  readonly nullable: boolean;
  readonly metadata?: ReadonlyMap<string, string>;
}
interface ForeignData {
  readonly offset: number;
  readonly length: number;
  readonly nullCount: number;
  readonly values?: unknown;
  readonly valueOffsets?: unknown;
  readonly nullBitmap?: unknown;
  readonly typeIds?: unknown;
  readonly children?: readonly ForeignData[];
  readonly variadicBuffers?: readonly Uint8Array[];
  readonly dictionary?: { readonly data: readonly ForeignData[] };
}
interface ForeignBatch {
  readonly schema: { readonly fields: readonly ForeignField[] };
  readonly data: ForeignData;
  readonly numRows: number;
}
interface ForeignTable {
  readonly schema: { readonly fields: readonly ForeignField[] };
  readonly batches: readonly ForeignBatch[];
}

/** The record batches of an apache-arrow Table or RecordBatch, whichever copy of the library made it; `null` for anything
 *  else. Buffers are shared, not copied. JavaScript's tables hold its Dates, instants, as dates of milliseconds, where Arrow means
 *  whole days: a column with times of day is one of timestamps in UTC.
 *  @throws {TypeError} a type that only the other copy knows */
export function adoptArrow(value: object): AdoptedTable | null {
  const table = adoptTable(value);
  return table === null ? null : withInstants(table);
}

function adoptTable(value: object): AdoptedTable | null {
  // not by instanceof, which version 21 answers for other copies and versions too
  if (isOwn(value, arrow.Table)) return { schema: value.schema, batches: value.batches };
  if (isOwn(value, arrow.RecordBatch)) return { schema: value.schema, batches: [value] };
  if (isForeignTable(value)) return { schema: adoptSchema(value.schema), batches: value.batches.map(adoptBatch) };
  if (isForeignBatch(value)) return { schema: adoptSchema(value.schema), batches: [adoptBatch(value)] };
  return null;
}

function isOwn<T extends object>(value: object, type: { readonly prototype: T }): value is T {
  return Object.getPrototypeOf(value) === type.prototype;
}

function isForeignTable(value: object): value is ForeignTable {
  return hasFields(value) && "batches" in value && Array.isArray(value.batches) && value.batches.every(isForeignBatch);
}

function isForeignBatch(value: unknown): value is ForeignBatch {
  return typeof value === "object" && value !== null && hasFields(value) && "numRows" in value && "data" in value;
}

function hasFields(value: object): value is { schema: { fields: readonly ForeignField[] } } {
  const schema = "schema" in value ? value.schema : null;
  return typeof schema === "object" && schema !== null && "fields" in schema && Array.isArray(schema.fields);
}

function adoptSchema(schema: { readonly fields: readonly ForeignField[] }): arrow.Schema {
  return new arrow.Schema(schema.fields.map(adoptField));
}

function adoptBatch(batch: ForeignBatch): arrow.RecordBatch {
  const schema = adoptSchema(batch.schema);
  const columns = schema.fields.map((field: arrow.Field, i: number) =>
    adoptData(batch.data.children?.[i] as ForeignData, field.type),
  );
  return batchOfColumns(schema, batch.numRows, columns);
}

function adoptField(field: ForeignField): arrow.Field {
  return new arrow.Field(field.name, adoptType(field.type), field.nullable, new Map(field.metadata ?? []));
}

function adoptData(data: ForeignData, type: arrow.DataType): arrow.Data {
  const buffers = {
    [arrow.BufferType.OFFSET]: data.valueOffsets,
    [arrow.BufferType.DATA]: data.values,
    [arrow.BufferType.VALIDITY]: data.nullBitmap,
    [arrow.BufferType.TYPE]: data.typeIds,
  } as ConstructorParameters<typeof arrow.Data>[4];
  const inner = (type.children ?? []) as arrow.Field[];
  const children = (data.children ?? []).map((child, i) => adoptData(child, (inner[i] as arrow.Field).type));
  const words = arrow.DataType.isDictionary(type)
    ? new arrow.Vector(data.dictionary?.data.map((part) => adoptData(part, type.dictionary)) ?? [])
    : undefined;
  return new arrow.Data(type, data.offset, data.length, data.nullCount, buffers, children, words, data.variadicBuffers);
}

function adoptType(type: ForeignType): arrow.DataType {
  const inner = (type.children ?? []).map(adoptField);
  const only = inner[0] as arrow.Field;
  const { Type } = arrow;
  switch (type.typeId) {
    case Type.Null:
      return new arrow.Null();
    case Type.Int:
      return new arrow.Int(type.isSigned as true, type.bitWidth as 32);
    case Type.Float:
      return new arrow.Float(type.precision as arrow.Precision);
    case Type.Binary:
      return new arrow.Binary();
    case Type.Utf8:
      return new arrow.Utf8();
    case Type.Bool:
      return new arrow.Bool();
    case Type.Decimal:
      return new arrow.Decimal(type.scale as number, type.precision as number, type.bitWidth);
    case Type.Date:
      return new arrow.Date_(type.unit as arrow.DateUnit);
    case Type.Time:
      return new arrow.Time(type.unit as arrow.TimeUnit, type.bitWidth as 32);
    case Type.Timestamp:
      return new arrow.Timestamp(type.unit as arrow.TimeUnit, type.timezone);
    case Type.Interval:
      return new arrow.Interval(type.unit as arrow.IntervalUnit);
    case Type.Union:
      return new arrow.Union(type.mode as arrow.UnionMode, Array.from(type.typeIds ?? []), inner);
    case Type.List:
      return new arrow.List(only);
    case Type.LargeList:
      return new arrow.LargeList(only);
    case Type.FixedSizeList:
      return new arrow.FixedSizeList(type.listSize as number, only);
    case Type.Struct:
      return new arrow.Struct(inner);
    case Type.Map:
      return new arrow.Map_(only as arrow.Field<arrow.Struct>, type.keysSorted);
    case Type.FixedSizeBinary:
      return new arrow.FixedSizeBinary(type.byteWidth as number);
    case Type.Duration:
      return new arrow.Duration(type.unit as arrow.TimeUnit);
    case Type.LargeBinary:
      return new arrow.LargeBinary();
    case Type.LargeUtf8:
      return new arrow.LargeUtf8();
    case Type.BinaryView:
      return new arrow.BinaryView();
    case Type.Utf8View:
      return new arrow.Utf8View();
    case Type.Dictionary:
      return new arrow.Dictionary(
        adoptType(type.dictionary as ForeignType),
        adoptType(type.indices as ForeignType) as arrow.Int32,
      );
    default:
      throw new TypeError(`an Arrow column of type ${arrow.Type[type.typeId] ?? type.typeId} is not supported`);
  }
}
