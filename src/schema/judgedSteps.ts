import type { Ajv } from "ajv";
import { DATA, NAMING } from "./schemaIndex.js";
import { isKeywordMap } from "./schemaNode.js";

/** Most references that the check of one value follows: half a second. */
export const MOST_STEPS = 1_000_000;
const STEP = "$rowmill:step";
const REFERENCES = ["$ref", "$dynamicRef"] as const;

/** A value's check follows more than MOST_STEPS references. */
export class TooManySteps extends Error {}

/** A schema whose references are counted as they are followed. */
export function withSteps(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((part) => withSteps(part));
  if (!isKeywordMap(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    copy[name] = !isNames && DATA.has(name) ? child : withSteps(child, !isNames && NAMING.has(name));
  }
  if (!isNames && REFERENCES.some((keyword) => typeof value[keyword] === "string")) copy[STEP] = true;
  return copy;
}

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
