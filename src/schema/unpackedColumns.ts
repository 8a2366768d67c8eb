import type { Column, ColumnType } from "../data/index.js";
import { isKeywordMap } from "./document/index.js";

const SCALARS: ReadonlySet<string> = new Set(["string", "integer", "number", "boolean"]);

export type UnpackedColumn = Pick<Column, "name" | "type">;

/** The columns that a schema's outputs unpack to, each of the type that Parquet and Arrow give it: a scalar where the schema says
 *  so, with or without null beside it; `json` for everything else.
 *  @param keys the names of the outputs' members, in order */
export function unpackedColumns(schema: unknown, keys: readonly string[]): UnpackedColumn[] {
  const properties = isKeywordMap(schema) && isKeywordMap(schema.properties) ? schema.properties : {};
  return keys.map((name) => ({ name, type: typeOf(Object.hasOwn(properties, name) ? properties[name] : undefined) }));
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
