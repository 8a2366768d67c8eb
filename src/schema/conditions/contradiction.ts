import { isDeepStrictEqual } from "node:util";
import { isNumberIn, isStringIn, UnsupportedString } from "../../language/index.js";
import type { JsonType } from "../document/index.js";
import { type Alternative, atomsOf, countOf } from "./atoms.js";

/** Whether it takes no more than a look to see that no value of the type satisfies all atoms. */
export function isContradictory(way: Alternative, type: JsonType): boolean {
  if (type === "array" || type === "object") {
    const { min, max } = countOf(way, type === "array" ? "itemCount" : "memberCount");
    if (min > max) return true;
  }
  if (type === "object" && hasOpposedNames(way)) return true;
  return hasOpposedSides(way) || listedValues(way, type)?.length === 0;
}

function hasOpposedSides(way: Alternative): boolean {
  const sides = atomsOf(way, "side");
  return sides.some(({ node, isThen }) => sides.some((other) => other.node === node && other.isThen !== isThen));
}

function hasOpposedNames(way: Alternative): boolean {
  const names = atomsOf(way, "required");
  if (!names.some(({ isNegated }) => isNegated)) return false;
  const there = new Set(names.filter(({ isNegated }) => !isNegated).map(({ name }) => name));
  return names.some(({ name, isNegated }) => isNegated && there.has(name));
}

/** The values that the atoms leave, where they list them or the type has few; null where they do not. Of arrays and
 *  objects only the lists themselves are compared. */
export function listedValues(way: Alternative, type: JsonType): readonly unknown[] | null {
  const lists = atomsOf(way, "values");
  const first = lists.find(({ isNegated }) => !isNegated)?.values;
  const all = type === "null" ? [null] : type === "boolean" ? [true, false] : undefined;
  if (first === undefined && all === undefined) return null;
  const others = lists
    .filter(({ values }) => values !== first)
    .map(({ values, isNegated }) => ({ has: lookUp(values), isNegated }));
  let left = (first ?? all)!.filter((value) => others.every(({ has, isNegated }) => has(value) !== isNegated));
  if (type === "number") {
    const literals = atomsOf(way, "number").map(({ literal }) => literal);
    if (literals.length > 0) left = left.filter((value) => isNumberIn(literals, value as number));
  }
  if (type === "string") {
    for (const { literal } of atomsOf(way, "string")) left = left.filter((value) => mayBe([literal], value as string));
  }
  return left;
}

function mayBe(literals: Parameters<typeof isStringIn>[0], value: string): boolean {
  try {
    return isStringIn(literals, value);
  } catch (error) {
    if (error instanceof UnsupportedString) return true;
    throw error;
  }
}

/** A test of being one of the values, by what they are. */
function lookUp(values: readonly unknown[]): (value: unknown) => boolean {
  const plain = new Set(values);
  const nested = values.filter((value) => typeof value === "object" && value !== null);
  return (value) => plain.has(value) || (nested.length > 0 && nested.some((one) => isDeepStrictEqual(one, value)));
}
