import type { Ajv } from "ajv";

/** Most references that the check of one value follows: half a second. */
export const MOST_STEPS = 1_000_000;
/** The keyword that stands beside each reference and is counted as the reference is followed. */
export const STEP = "$rowmill:step";

/** A value's check follows more than MOST_STEPS references. */
export class TooManySteps extends Error {}

/** Gives Ajv the keyword that counts.
 *  @returns `start`: to be called before each value */
export function countSteps(ajv: Ajv): { start(): void } {
  let left = MOST_STEPS;
  ajv.addKeyword({
    keyword: STEP,
    before: "$ref",
    errors: false,
    validate: () => {
      left--;
      if (left < 0) throw new TooManySteps();
      return true;
    },
  });
  return {
    start: () => {
      left = MOST_STEPS;
    },
  };
}
