/** Turns a JavaScript value into one that JSON can hold: dates as ISO 8601, bytes as base64, integers beyond 2^53 as
 *  their digits, NaN, infinities and functions as null. Objects and arrays are rebuilt only where JSON would fail. */
export function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return plainInteger(value);
    case "object":
      return value === null ? null : plainObject(value);
    default:
      return null;
  }
}

/** A number where it is exact, else its digits. */
export function plainInteger(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
}

/** Bytes as base64. */
export function plainBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** A value as prompt text: strings as they are, dates as ISO 8601, other scalars and nested values as compact JSON;
 *  `null` for null and undefined. */
export function promptText(value: unknown): string | null {
  if (typeof value === "string") return value;
  const plain = plainValue(value);
  if (plain === null) return typeof value === "number" ? String(value) : null;
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

/** Whether the text can be written as UTF-8: it holds no half of a surrogate pair alone. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function plainObject(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return plainBytes(value);
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return Array.from(value as Iterable<unknown>, plainValue);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Map) return plainEntries(value);
  if (value instanceof Set) return Array.from(value, plainValue);
  if ("toJSON" in value && typeof value.toJSON === "function") return plainValue(value.toJSON());
  return plainEntries(Object.entries(value));
}

function plainEntries(entries: Iterable<[unknown, unknown]>): Record<string, unknown> {
  const plain: [string, unknown][] = [];
  for (const [key, inner] of entries) if (inner !== undefined) plain.push([String(key), plainValue(inner)]);
  // fromEntries defines "__proto__" as a plain property instead of setting the prototype
  return Object.fromEntries(plain);
}
