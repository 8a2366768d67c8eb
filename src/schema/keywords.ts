import { InputError } from "../errors.js";
import type { JsonType } from "./branches.js";
import type { SchemaNode } from "./schemaNode.js";

/** Keywords that the grammar follows, by the type that they speak of. */
const ENFORCED: Readonly<Record<string, JsonType | "any">> = {
  type: "any",
  enum: "any",
  const: "any",
  $ref: "any",
  allOf: "any",
  anyOf: "any",
  oneOf: "any",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  items: "array",
  prefixItems: "array",
  additionalItems: "array",
  minItems: "array",
  maxItems: "array",
  properties: "object",
  required: "object",
  additionalProperties: "object",
  propertyNames: "object",
};

/** Keywords that constrain and that no grammar here follows yet, unless they say nothing. */
const REFUSED: Readonly<
  Record<string, { readonly type: JsonType | "any"; readonly isIdle: (value: unknown) => boolean }>
> = {
  not: { type: "any", isIdle: (value) => value === false },
  if: { type: "any", isIdle: () => false },
  $dynamicRef: { type: "any", isIdle: () => false },
  $recursiveRef: { type: "any", isIdle: () => false },
  uniqueItems: { type: "array", isIdle: (value) => value === false },
  contains: { type: "array", isIdle: (value) => value === false },
  unevaluatedItems: { type: "array", isIdle: (value) => value === true },
  minProperties: { type: "object", isIdle: (value) => value === 0 },
  maxProperties: { type: "object", isIdle: () => false },
  patternProperties: { type: "object", isIdle: isEmptyMap },
  dependentRequired: { type: "object", isIdle: isEmptyMap },
  dependentSchemas: { type: "object", isIdle: isEmptyMap },
  dependencies: { type: "object", isIdle: isEmptyMap },
  unevaluatedProperties: { type: "object", isIdle: (value) => value === true },
};

/** Words about a schema that no value can violate; then/else and min/maxContains mean nothing without their keyword. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "$anchor",
  "$dynamicAnchor",
  "$recursiveAnchor",
  "$vocabulary",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "then",
  "else",
  "minContains",
  "maxContains",
  "id",
]);

/** What becomes of a schema's keywords. */
export interface KeywordLedger {
  readonly enforced: Set<string>;
  /** Where it is noted that a keyword is one that no standard knows; null where they are refused, since they may be slips of the pen. */
  readonly ignored: Set<string> | null;
}

/** Refuses what a node says about values of these types and the grammar could not hold, and notes what it can.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD, with the keyword and its place */
export function checkKeywords(node: SchemaNode, types: ReadonlySet<JsonType>, ledger: KeywordLedger): void {
  for (const [keyword, value] of Object.entries(node.schema)) {
    const known = Object.hasOwn(ENFORCED, keyword) ? ENFORCED[keyword] : undefined;
    if (known !== undefined) {
      if (known === "any" || types.has(known)) ledger.enforced.add(keyword);
      continue;
    }
    if (ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) continue;
    const refused = Object.hasOwn(REFUSED, keyword) ? REFUSED[keyword] : undefined;
    if (refused !== undefined) {
      if (refused.isIdle(value)) continue;
      if (refused.type !== "any" && !types.has(refused.type)) continue;
    }
    if (refused !== undefined) throw unsupported(keyword, node.pointer);
    if (ledger.ignored === null) throw unsupported(keyword, node.pointer, "is no keyword that Rowmill knows");
    ledger.ignored.add(annotation("keyword", keyword));
  }
}

/** What is said of a format or keyword that no standard defines. */
export function annotation(kind: "format" | "keyword", name: string): string {
  return `${kind} "${name}" is an annotation and is not enforced`;
}

export function unsupported(keyword: string, pointer: string, why = "can't be enforced yet"): InputError {
  return new InputError(
    "ROWMILL_UNSUPPORTED_KEYWORD",
    `The output schema's "${keyword}" at ${pointer}/${keyword} ${why}: leave it out, or say it another way.`,
  );
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
