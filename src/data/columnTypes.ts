import type { Column, ColumnType } from "./batch.js";
import { ExactNumber } from "./exactJson.js";
import { keysOf } from "./keyOrder.js";
import { isIntegerText, NumberTally } from "./numberStorage.js";

/** The type of one plain value (see plainValue). */
export function typeOfValue(value: unknown): ColumnType {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? "integer" : "number";
    default:
      if (value instanceof ExactNumber) return isIntegerText(value.text) ? "integer" : "number";
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
  const numbers = new Map<string, NumberTally>();
  return {
    see(row) {
      for (const name of keysOf(row)) {
        const known = types.get(name);
        // nothing is wider than json
        if (known === "json") continue;
        const value = row[name];
        const type = typeOfValue(value);
        if (known === undefined) types.set(name, type);
        else if (known !== type) types.set(name, joinTypes(known, type));
        if (type !== "integer" && type !== "number") continue;
        const tally = numbers.get(name) ?? new NumberTally();
        numbers.set(name, tally);
        tally.see(value as number | ExactNumber);
      }
    },
    columns: () =>
      Array.from(types, ([name, type]) => {
        const isNumber = type === "integer" || type === "number";
        const storage = isNumber ? numbers.get(name)?.storage : undefined;
        return storage === undefined ? { name, type } : { name, type, storage };
      }),
  };
}
