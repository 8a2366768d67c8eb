import { ExactNumber, MOST_LEVELS, numberText, writeExactJson } from "./exactJson.js";
import { membersOf, objectOf } from "./keyOrder.js";

/** Turns a JavaScript value into a plain one, which is kept exactly: strings, booleans, null, numbers (an `ExactNumber`
 *  where JavaScript would write them otherwise), arrays and objects of these; dates as ISO 8601, bytes as base64, functions
 *  as null. Arrays and objects are made anew, so that no getter or proxy is asked again.
 *  @throws {RangeError} nested deeper than 1000 levels, or within itself; and whatever a getter throws */
export function plainValue(value: unknown, levels = MOST_LEVELS): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "number":
      return value;
    case "bigint":
      return plainInteger(value);
    case "object":
      return value === null ? null : plainObject(value, levels);
    default:
      return null;
  }
}

/** A number where JavaScript has it exactly, else its digits. */
export function plainInteger(value: bigint): number | ExactNumber {
  const isSafe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return isSafe ? Number(value) : new ExactNumber(value.toString());
}

/** Bytes as base64. */
export function plainBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** A plain value as prompt text: strings as they are, numbers as they were written, nested values as compact JSON; `null`
 *  for null and undefined. */
export function promptText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? numberText(value) : writeExactJson(value);
}

/** Whether the text can be written as UTF-8: it holds no half of a surrogate pair alone. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function plainObject(value: object, levels: number): unknown {
  if (value instanceof ExactNumber) return value;
  if (levels === 0) throw new RangeError(`nested deeper than ${MOST_LEVELS} levels, or within itself`);
  const plain = (inner: unknown): unknown => plainValue(inner, levels - 1);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return plainBytes(value);
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return Array.from(value as Iterable<unknown>, plain);
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Map) return plainEntries(value, plain);
  if (value instanceof Set) return Array.from(value, plain);
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON());
  return plainEntries(membersOf(value), plain);
}

function plainEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  plainOf: (value: unknown) => unknown,
): Record<string, unknown> {
  const plain: [string, unknown][] = [];
  for (const [key, inner] of entries) if (inner !== undefined) plain.push([String(key), plainOf(inner)]);
  return objectOf(plain);
}
