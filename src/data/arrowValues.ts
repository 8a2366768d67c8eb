import { DataType, DateUnit, type Field, type Schema, TimeUnit, type Vector } from "apache-arrow";
import type { Column, ColumnType } from "./batch.js";
import { plainBytes, plainInteger } from "./plainValue.js";

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
  return isNested(type) || DataType.isInterval(type) ? "json" : "string";
}

function isNested(type: DataType): boolean {
  return (type.children ?? []).length > 0;
}

/** Reads one value of an Arrow vector as a plain value (see plainValue): 64-bit integers as numbers where exact, dates,
 *  times and timestamps as ISO 8601, decimals as their digits, bytes as base64, structs and maps as objects. */
export function plainCell(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (DataType.isDictionary(type)) return plainCell(value, type.dictionary);
  if (DataType.isTimestamp(type)) return isoTimestamp(Number(value), type.timezone);
  if (DataType.isDate(type)) return isoDate(Number(value), type.unit);
  if (DataType.isTime(type)) return isoTime(Number(value), type.unit);
  if (DataType.isDecimal(type)) return decimalDigits(String(value), type.scale);
  if (DataType.isMap(type)) return plainMap(value as Iterable<[string, unknown]>, type.valueType);
  if (DataType.isStruct(type)) return plainStruct(value as Record<string, unknown>, type.children);
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type)) {
    const inner = (type.children[0] as Field).type;
    return Array.from(value as Iterable<unknown>, (item) => plainCell(item, inner));
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return plainInteger(value);
  if (value instanceof Uint8Array) return plainBytes(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<number | bigint>, Number);
  return String(value);
}

/** A column's values as plain values. */
export function plainColumn(vector: Vector): unknown[] {
  const values = new Array<unknown>(vector.length);
  for (let i = 0; i < vector.length; i++) values[i] = plainCell(vector.get(i), vector.type);
  return values;
}

function plainStruct(value: Record<string, unknown>, fields: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, plainCell(value[field.name], field.type)]));
}

function plainMap(value: Iterable<[string, unknown]>, valueType: DataType): Record<string, unknown> {
  return Object.fromEntries(Array.from(value, ([key, inner]) => [String(key), plainCell(inner, valueType)]));
}

/** @param milliseconds may hold a fraction: microseconds survive up to the year 2255 */
function isoTimestamp(milliseconds: number, timezone: string | null | undefined): string | null {
  const whole = Math.floor(milliseconds);
  const date = new Date(whole);
  if (Number.isNaN(date.getTime())) return null;
  const micros = Math.round((milliseconds - whole) * 1000);
  const text = date.toISOString().slice(0, -1) + (micros > 0 ? String(micros).padStart(3, "0") : "");
  // Arrow: with a time zone the number is an instant in UTC, without one it is a wall clock's reading
  return timezone ? `${text}Z` : text;
}

function isoDate(milliseconds: number, unit: DateUnit): string | null {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return null;
  return unit === DateUnit.DAY ? date.toISOString().slice(0, 10) : date.toISOString();
}

const UNITS_PER_SECOND: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1e3,
  [TimeUnit.MICROSECOND]: 1e6,
  [TimeUnit.NANOSECOND]: 1e9,
};

function isoTime(value: number, unit: TimeUnit): string {
  const perSecond = UNITS_PER_SECOND[unit];
  const seconds = Math.floor(value / perSecond);
  const clock = new Date(seconds * 1000).toISOString().slice(11, 19);
  const fraction = value % perSecond;
  if (fraction === 0) return clock;
  return `${clock}.${String(fraction).padStart(Math.log10(perSecond), "0").replace(/0+$/, "")}`;
}

function decimalDigits(unscaled: string, scale: number): string {
  if (scale <= 0) return unscaled + "0".repeat(unscaled === "0" ? 0 : -scale);
  const sign = unscaled.startsWith("-") ? "-" : "";
  const digits = unscaled.slice(sign.length).padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
