import type { ColumnType } from "../data/index.js";
import { isKeywordMap } from "./document/index.js";

const SCALARS: ReadonlySet<string> = new Set(["string", "integer", "number", "boolean"]);

/** The column type of each property of an object schema, for Parquet and Arrow: a scalar where the schema says so,
 *  with or without null beside it; `json` for everything else. */
export function typesOfKeys(schema: unknown, keys: readonly string[]): Record<string, ColumnType> {
  const properties = isKeywordMap(schema) && isKeywordMap(schema.properties) ? schema.properties : {};
  return Object.fromEntries(keys.map((key) => [key, typeOf(properties[key])]));
}

function typeOf(property: unknown): ColumnType {
  if (!isKeywordMap(property)) return "json";
  const values = "const" in property ? [property.const] : property.enum;
  const names = Array.isArray(values) ? values.map(nameOf) : [property.type].flat();
  const kinds = new Set(names.filter((name) => name !== "null"));
  if (kinds.size === 2 && kinds.has("integer") && kinds.has("number")) return "number";
  const [kind] = kinds;
  return kinds.size === 1 && SCALARS.has(String(kind)) ? (kind as ColumnType) : "json";
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "bigint" || Number.isInteger(value) ? "integer" : typeof value;
}
