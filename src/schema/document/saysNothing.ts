import type { KeywordMap } from "./schemaNode.js";

/** Names of places, and schemas for references alone. */
export const PLACE_NAMES: ReadonlySet<string> = new Set(["$id", "$anchor", "$defs", "definitions"]);

const SAYS_NOTHING: ReadonlySet<string> = new Set([
  ...PLACE_NAMES,
  "title",
  "description",
  "default",
  "examples",
  "$comment",
]);

/** Whether a schema demands nothing of values but what the given keywords do. */
export function saysNoMoreThan(schema: KeywordMap, ...keywords: readonly string[]): boolean {
  return Object.keys(schema).every((keyword) => keywords.includes(keyword) || SAYS_NOTHING.has(keyword));
}
