import type { Column, ColumnType } from "./batch.js";

/** The type of one plain value (see plainValue). */
export function typeOfValue(value: unknown): ColumnType {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isSafeInteger(value) ? "integer" : "number";
    default:
      return value === null || value === undefined ? "null" : "json";
  }
}

/** The narrowest type that holds both: null is below everything, integer below number, and whatever else differs is json. */
export function joinTypes(left: ColumnType, right: ColumnType): ColumnType {
  if (left === right || right === "null") return left;
  if (left === "null") return right;
  const bothNumbers = (left === "integer" || left === "number") && (right === "integer" || right === "number");
  return bothNumbers ? "number" : "json";
}

/** Columns in order of first appearance, their types joined over all rows seen. */
export interface ColumnTally {
  see(row: Readonly<Record<string, unknown>>): void;
  columns(): readonly Column[];
}

export function tallyColumns(): ColumnTally {
  const types = new Map<string, ColumnType>();
  return {
    see(row) {
      for (const name of Object.keys(row)) {
        const known = types.get(name);
        // nothing is wider than json
        if (known === "json") continue;
        const type = typeOfValue(row[name]);
        if (known === undefined) types.set(name, type);
        else if (known !== type) types.set(name, joinTypes(known, type));
      }
    },
    columns: () => Array.from(types, ([name, type]) => ({ name, type })),
  };
}
