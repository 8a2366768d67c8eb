import { type Branch, isIntegerOnly } from "./branches.js";
import type { NumberFacets } from "./numbers.js";
import type { KeywordMap } from "./schemaNode.js";

/** What a branch's schemas say of a number, together. */
export function numberFacets(branch: Branch): NumberFacets {
  let [low, isLowExclusive] = [Number.NEGATIVE_INFINITY, false];
  let [high, isHighExclusive] = [Number.POSITIVE_INFINITY, false];
  const raise = (bound: unknown, isExclusive: boolean) => {
    if (typeof bound !== "number" || bound < low) return;
    isLowExclusive = bound > low ? isExclusive : isLowExclusive || isExclusive;
    low = bound;
  };
  const lower = (bound: unknown, isExclusive: boolean) => {
    if (typeof bound !== "number" || bound > high) return;
    isHighExclusive = bound < high ? isExclusive : isHighExclusive || isExclusive;
    high = bound;
  };
  const multiples: number[] = [];
  for (const { schema } of branch.nodes) {
    const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = schema as KeywordMap;
    raise(minimum, false);
    raise(exclusiveMinimum, true);
    lower(maximum, false);
    lower(exclusiveMaximum, true);
    if (typeof multipleOf === "number") multiples.push(multipleOf);
  }
  return { isInteger: isIntegerOnly(branch), low, isLowExclusive, high, isHighExclusive, multiples };
}
