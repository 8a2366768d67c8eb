import { InputError, messageOf } from "../../errors.js";
import { regularExpression } from "../../language/index.js";
import type { SchemaDocument } from "./schemaDocument.js";
import { isKeywordMap, stepPointer } from "./schemaNode.js";

/** What `type` may say. */
export const SCHEMA_TYPES: readonly unknown[] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/** What a keyword's value must be: one of the kinds below. */
export type Kind =
  | "type"
  | "text"
  | "expression"
  | "count"
  | "number"
  | "positive"
  | "flag"
  | "names"
  | "list"
  | "schema"
  | "schemas"
  | "items"
  | "schemasByName"
  | "schemasByExpression"
  | "dependencies"
  | "namesByName";

const KINDS: Readonly<Record<string, Kind>> = {
  type: "type",
  $ref: "text",
  $dynamicRef: "text",
  $anchor: "text",
  $id: "text",
  format: "text",
  pattern: "expression",
  minLength: "count",
  maxLength: "count",
  minItems: "count",
  maxItems: "count",
  minContains: "count",
  maxContains: "count",
  minProperties: "count",
  maxProperties: "count",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "positive",
  uniqueItems: "flag",
  required: "names",
  enum: "list",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  prefixItems: "schemas",
  items: "items",
  additionalItems: "schema",
  unevaluatedItems: "schema",
  contains: "schema",
  additionalProperties: "schema",
  unevaluatedProperties: "schema",
  propertyNames: "schema",
  not: "schema",
  if: "schema",
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: "schema",
  else: "schema",
  properties: "schemasByName",
  patternProperties: "schemasByExpression",
  $defs: "schemasByName",
  definitions: "schemasByName",
  dependentSchemas: "schemasByName",
  dependencies: "dependencies",
  dependentRequired: "namesByName",
};

const NAME_LIST = "a list of names";
const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";
const isWhole = (value: unknown): value is number | bigint => typeof value === "bigint" || Number.isInteger(value);
const isText = (value: unknown) => typeof value === "string";

/** The kinds that take no more than a look at the value. */
const PLAIN: Readonly<Partial<Record<Kind, { readonly isRight: (value: unknown) => boolean; readonly what: string }>>> =
  {
    text: { isRight: isText, what: "a string" },
    expression: { isRight: isText, what: "a string" },
    count: { isRight: (value) => isWhole(value) && value >= 0, what: "a whole number, 0 or more" },
    number: { isRight: isNumber, what: "a number" },
    positive: { isRight: (value) => isNumber(value) && value > 0, what: "a number above 0" },
    flag: { isRight: (value) => typeof value === "boolean", what: "true or false" },
    names: { isRight: isNameList, what: NAME_LIST },
    list: { isRight: Array.isArray, what: "a list" },
    schemas: { isRight: (value) => Array.isArray(value) && value.length > 0, what: "a list of schemas, one at least" },
  };

/** What a keyword's value is; undefined for one that no standard defines, or that says nothing of values. */
export function kindOf(keyword: string): Kind | undefined {
  return Object.hasOwn(KINDS, keyword) ? KINDS[keyword] : undefined;
}

/** Checks that each keyword has a value that it may have, each `pattern` is a regular expression and each `$ref` leads
 *  somewhere: what the meta-schemas say, of all drafts together, and what they can't.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA or ROWMILL_UNSUPPORTED_KEYWORD, with the place */
export function assertWellFormed(document: SchemaDocument): void {
  new Walk(document).schema(document.root.schema, document.root.pointer);
}

class Walk {
  readonly #document: SchemaDocument;

  constructor(document: SchemaDocument) {
    this.#document = document;
  }

  schema(value: unknown, place: string): void {
    if (typeof value === "boolean") return;
    if (!isKeywordMap(value)) throw wrong(place, "a schema: an object, true or false");
    for (const keyword of Object.keys(value)) {
      const kind = kindOf(keyword);
      if (kind !== undefined) this.#keyword(kind, value[keyword], stepPointer(place, keyword));
    }
    if (typeof value.$ref === "string") this.#document.resolve(value.$ref, { schema: value, pointer: place });
  }

  #keyword(kind: Kind, value: unknown, place: string): void {
    const plain = PLAIN[kind];
    if (plain !== undefined) assertThat(plain.isRight(value), place, plain.what);
    if (kind === "expression") assertExpression(value as string, place);
    else if (kind === "type") assertTypes(value, place);
    else if (kind === "schemas" || (kind === "items" && Array.isArray(value))) {
      this.#schemas(value as unknown[], place);
    } else if (kind === "schema" || kind === "items") this.schema(value, place);
    else if (plain === undefined) this.#byName(kind, value, place);
  }

  #schemas(values: readonly unknown[], place: string): void {
    values.forEach((value, index) => {
      this.schema(value, stepPointer(place, index));
    });
  }

  #byName(kind: Kind, value: unknown, place: string): void {
    if (!isKeywordMap(value)) throw wrong(place, "an object");
    for (const [name, child] of Object.entries(value)) {
      const at = stepPointer(place, name);
      if (kind === "schemasByExpression") assertExpression(name, place);
      const isNames = kind === "namesByName" || (kind === "dependencies" && Array.isArray(child));
      if (isNames) assertThat(isNameList(child), at, NAME_LIST);
      else this.schema(child, at);
    }
  }
}

function assertTypes(value: unknown, place: string): void {
  const types = Array.isArray(value) ? value : [value];
  for (const type of types) {
    if (SCHEMA_TYPES.includes(type)) continue;
    throw refused(place, `is ${JSON.stringify(type)}: it must be one of ${SCHEMA_TYPES.join(", ")}`);
  }
  assertThat(types.length > 0, place, "a type, or a list of one at least");
}

function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

function assertThat(isRight: boolean, place: string, what: string): void {
  if (!isRight) throw wrong(place, what);
}

function wrong(place: string, what: string): InputError {
  return refused(place, `must be ${what}`);
}

function refused(place: string, what: string): InputError {
  const at = place === "#" ? "the whole" : place.slice(1);
  return new InputError("ROWMILL_INVALID_SCHEMA", `The output schema is no JSON Schema: ${at} ${what}.`);
}

function assertExpression(source: string, pointer: string): void {
  try {
    regularExpression(source);
  } catch (error) {
    throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema's ${pointer}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
