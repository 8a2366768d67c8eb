import {
  type Data,
  DataType,
  DateUnit,
  type Decimal,
  type DenseUnion,
  type Field,
  type FixedSizeBinary,
  type FixedSizeList,
  type Interval,
  IntervalUnit,
  Precision,
  type RecordBatch,
  type Schema,
  type Struct,
  TimeUnit,
  type TypeMap,
  UnionMode,
} from "apache-arrow";
import { bitAt, validity } from "./arrowBits.js";
import { lowerData } from "./arrowLower.js";
import type { Column, ColumnType } from "./batch.js";
import { keysOf, objectOf } from "./keyOrder.js";
import { plainBytes, plainInteger, promptText } from "./plainValue.js";
import { shortFloat16, shortFloat32 } from "./shortFloat.js";
import { DAY_MS, dateText, durationText, intervalText, timestampText, timeText } from "./temporalText.js";
import { isUuid, uuidText } from "./uuid.js";

/** The schema's columns with their nearest logical types; what JSON has no word for (dates, decimals, bytes) is string. */
export function columnsOfSchema(schema: Schema): readonly Column[] {
  return schema.fields.map((field: Field) => ({ name: field.name, type: nearestType(field.type) }));
}

/** The columns' Arrow types, spelt out. */
export function exactTypes(schema: Schema): readonly string[] {
  return schema.fields.map((field: Field) => String(field.type));
}

function nearestType(type: DataType): ColumnType {
  if (DataType.isDictionary(type)) return nearestType(type.dictionary);
  if (DataType.isNull(type)) return "null";
  if (DataType.isBool(type)) return "boolean";
  if (DataType.isInt(type)) return "integer";
  if (DataType.isFloat(type)) return "number";
  return DataType.isStruct(type) || (type.children ?? []).length > 0 ? "json" : "string";
}

/** A column's values as plain values (see plainValue), exactly: integers of any width, floats with the fewest digits that give
 *  them back, decimals as their digits, dates, times, timestamps and spans as ISO 8601, bytes as base64 or UUIDs, structs and
 *  maps as objects (where a key comes twice as a list of {key, value}), a union's value as itself.
 *  @returns null where the batch has no such column */
export function plainColumn(batch: RecordBatch, name: string): unknown[] | null {
  const place = batch.schema.fields.findIndex((field: Field) => field.name === name);
  if (place < 0) return null;
  const data = lowerData(batch.data.children[place] as Data);
  return readAll(fieldReader(batch.schema.fields[place] as Field, data), data.length);
}

/** The same of a column that stands alone. */
export function plainData(data: Data): unknown[] {
  return readAll(plainReader(lowerData(data)), data.length);
}

function readAll(read: Reader, length: number): unknown[] {
  return Array.from({ length }, (_, i) => read(i));
}

type Reader = (index: number) => unknown;

/** Reads from the buffers: the library's own getters take times for doubles and lose digits of wide decimals. */
function fieldReader(field: Field, data: Data): Reader {
  if (!isUuid(field)) return plainReader(data);
  const isValid = validity(data);
  const bytes = bytesReader(data, field.type as FixedSizeBinary);
  return (index) => (isValid(index) ? uuidText(bytes(index)) : null);
}

function childReaders(data: Data): Reader[] {
  return (data.type.children as Field[]).map((field, place) => fieldReader(field, data.children[place] as Data));
}

function plainReader(data: Data): Reader {
  const isValid = validity(data);
  const read = valueReader(data);
  return (index) => (isValid(index) ? read(index) : null);
}

const PER_SECOND: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1e3,
  [TimeUnit.MICROSECOND]: 1e6,
  [TimeUnit.NANOSECOND]: 1e9,
};

function valueReader(data: Data): Reader {
  const { type, offset } = data;
  const values = data.values as { readonly [index: number]: number | bigint };
  const integer = (index: number) => BigInt(values[index] as number | bigint);
  if (DataType.isNull(type)) return () => null;
  if (DataType.isBool(type)) return (index) => bitAt(data.values as Uint8Array, offset + index);
  if (DataType.isInt(type))
    return type.bitWidth === 64 ? (index) => plainInteger(integer(index)) : (index) => values[index];
  if (DataType.isFloat(type)) {
    if (type.precision === Precision.DOUBLE) return (index) => values[index];
    const short = type.precision === Precision.SINGLE ? shortFloat32 : shortFloat16;
    return (index) => short(values[index] as number);
  }
  if (DataType.isDecimal(type)) return decimalReader(data, type);
  if (DataType.isDate(type)) {
    if (type.unit === DateUnit.DAY) return (index) => dateText(values[index] as number);
    return (index) => dateOfMilliseconds(integer(index));
  }
  if (DataType.isTime(type)) return (index) => timeText(integer(index), PER_SECOND[type.unit]);
  if (DataType.isTimestamp(type)) {
    // Arrow: with a time zone the number is an instant in UTC, without one it is a wall clock's reading
    const zone = type.timezone ? "Z" : "";
    return (index) => timestampText(integer(index), PER_SECOND[type.unit]) + zone;
  }
  if (DataType.isDuration(type)) return (index) => durationText(integer(index), PER_SECOND[type.unit]);
  if (DataType.isInterval(type)) return intervalReader(data, type);
  if (DataType.isFixedSizeBinary(type)) {
    const bytes = bytesReader(data, type);
    return (index) => plainBytes(bytes(index));
  }
  if (DataType.isUnion(type)) return unionReader(data, type);
  if (DataType.isStruct(type)) return structReader(data, type);
  if (DataType.isFixedSizeList(type)) return fixedListReader(data, type);
  return rangeReader(data);
}

function bytesReader({ values }: Data, { byteWidth }: FixedSizeBinary): (index: number) => Uint8Array {
  return (index) => (values as Uint8Array).subarray(index * byteWidth, (index + 1) * byteWidth);
}

/** Arrow means whole days by this type; JavaScript's own tables often put instants there. */
function dateOfMilliseconds(value: bigint): string {
  return value % DAY_MS === 0n ? dateText(Number(value / DAY_MS)) : `${timestampText(value, 1e3)}Z`;
}

function decimalReader(data: Data, { bitWidth, scale }: Decimal): Reader {
  return (index) => decimalDigits(unscaledAt(data.values as Uint32Array, index, bitWidth).toString(), scale);
}

/** Puts a decimal's integer where unscaledAt reads it. */
export function setUnscaled(words: Uint32Array, index: number, bitWidth: number, unscaled: bigint): void {
  const count = bitWidth / 32;
  for (let word = 0, rest = BigInt.asUintN(bitWidth, unscaled); word < count; word++, rest >>= 32n)
    words[index * count + word] = Number(rest & 0xffffffffn);
}

/** A decimal's integer: 32-bit words, the lowest first, two's complement. */
export function unscaledAt(words: Uint32Array, index: number, bitWidth: number): bigint {
  const count = bitWidth / 32;
  let bits = 0n;
  for (let word = count - 1; word >= 0; word--)
    bits = (bits << 32n) | BigInt((words[index * count + word] as number) >>> 0);
  return BigInt.asIntN(bitWidth, bits);
}

function decimalDigits(unscaled: string, scale: number): string {
  if (scale <= 0) return unscaled + "0".repeat(unscaled === "0" ? 0 : -scale);
  const sign = unscaled.startsWith("-") ? "-" : "";
  const digits = unscaled.slice(sign.length).padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function intervalReader(data: Data, { unit }: Interval): Reader {
  const words = data.values as Int32Array;
  if (unit === IntervalUnit.YEAR_MONTH) return (index) => intervalText(words[index] as number, 0, 0n);
  if (unit === IntervalUnit.DAY_TIME)
    return (index) => intervalText(0, words[index * 2] as number, BigInt(words[index * 2 + 1] as number) * 1_000_000n);
  return (index) => {
    const [months, days, low, high] = words.subarray(index * 4, index * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    return intervalText(months, days, (BigInt(high) << 32n) | BigInt(low >>> 0));
  };
}

function unionReader(data: Data, type: DenseUnion | { readonly mode: UnionMode }): Reader {
  const children = childReaders(data);
  const { typeIdToChildIndex } = type as DenseUnion;
  const isDense = (type.mode as UnionMode) === UnionMode.Dense;
  return (index) => {
    const child = children[typeIdToChildIndex[data.typeIds[index] as number] as number];
    return child?.(isDense ? Number(data.valueOffsets[index]) : index) ?? null;
  };
}

function structReader(data: Data, type: Struct<TypeMap>): Reader {
  const names = type.children.map(({ name }) => name);
  const readers = childReaders(data);
  return (index) => structOf(names.map((name, place) => [name, readers[place]?.(index)]));
}

function fixedListReader(data: Data, { listSize }: FixedSizeList): Reader {
  const [read] = childReaders(data) as [Reader];
  return (index) => Array.from({ length: listSize }, (_, i) => read(index * listSize + i));
}

/** What has offsets: texts, bytes, lists, maps. */
function rangeReader(data: Data): Reader {
  const { type, valueOffsets } = data;
  const start = (index: number) => Number(valueOffsets[index]);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    const bytes = data.values as Uint8Array;
    return (index) => UTF8.decode(bytes.subarray(start(index), start(index + 1)));
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type))
    return (index) => plainBytes((data.values as Uint8Array).subarray(start(index), start(index + 1)));
  if (DataType.isMap(type)) {
    const [readKey, readValue] = childReaders(data.children[0] as Data) as [Reader, Reader];
    return (index) =>
      structOf(range(start(index), start(index + 1), (at) => [promptText(readKey(at)) ?? "null", readValue(at)]));
  }
  const [read] = childReaders(data) as [Reader];
  return (index) => range(start(index), start(index + 1), read);
}

// a byte order mark at a text's beginning is the text's
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

function range<T>(start: number, end: number, read: (index: number) => T): T[] {
  return Array.from({ length: end - start }, (_, i) => read(start + i));
}

/** An object would keep only one value of a key that comes twice. */
function structOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const object = objectOf(entries);
  if (keysOf(object).length === entries.length) return object;
  return entries.map(([key, value]) => ({ key, value }));
}
