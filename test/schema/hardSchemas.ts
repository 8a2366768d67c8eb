import fc from "fast-check";
import { type Schema, schemas } from "./randomSchemas.js";

const names = fc.constantFrom("a", "b", "ab", "é", "kind");
const branch = fc.oneof(
  fc.constantFrom<Schema>(
    { type: "integer" },
    { type: "number", minimum: 3 },
    { type: "string", maxLength: 3 },
    { type: ["string", "null"] },
    { enum: [1, "x", null] },
    { const: "x" },
    { type: "object", required: ["a"] },
    { properties: { kind: { const: "x" } }, required: ["kind"] },
    { properties: { kind: { enum: ["x", "y"] } } },
    { type: "array", items: { type: "integer" } },
    { pattern: "^x" },
    { minimum: 0 },
    { maxItems: 2 },
  ),
  fc
    .dictionary(names, fc.constantFrom<Schema>({ type: "integer" }, { const: 1 }, { type: "string" }), { maxKeys: 2 })
    .map(
      (properties): Schema => ({ type: "object", properties: { ...properties }, required: Object.keys(properties) }),
    ),
);
const object = fc
  .record({
    properties: fc.dictionary(names, branch, { maxKeys: 3 }),
    more: fc.constantFrom<Schema>(
      {},
      { additionalProperties: false },
      { additionalProperties: { type: "integer" } },
      { patternProperties: { "^a": { type: "integer" } } },
      { patternProperties: { "^a": { minimum: 1 }, b$: { maximum: 5 } }, additionalProperties: false },
      { propertyNames: { pattern: "^[a-c]+$" } },
      { propertyNames: { maxLength: 2 } },
    ),
    counts: fc.constantFrom<Schema>({}, { minProperties: 1 }, { minProperties: 2 }, { maxProperties: 2 }),
    dependent: fc.constantFrom<Schema>(
      {},
      { dependentRequired: { a: ["b"] } },
      { dependentRequired: { a: ["b"], b: ["kind"] } },
      { dependentSchemas: { b: { required: ["a"] } } },
    ),
    required: fc.subarray(["a", "kind"], { maxLength: 1 }),
  })
  .map(({ properties, more, counts, dependent, required }): Schema => {
    return { type: "object", properties: { ...properties }, ...more, ...counts, ...dependent, required };
  });
const array = fc.constantFrom<Schema>(
  { type: "array", contains: { type: "integer" } },
  { type: "array", contains: { const: "x" }, minContains: 2 },
  { type: "array", items: { type: ["integer", "string"] }, contains: { type: "string" }, maxContains: 1 },
  // Ajv takes [] for this one with prefixItems beside it
  { type: "array", contains: { minimum: 5 }, maxItems: 4 },
  { type: "array", items: { enum: [1, 2, 3] }, uniqueItems: true },
);
const number = fc.constantFrom<Schema>(
  { type: "number", multipleOf: 0.25, minimum: -3, maximum: 9 },
  { type: "number", multipleOf: 0.01, exclusiveMinimum: 0, maximum: 2 },
  { type: "number", multipleOf: 1.5 },
  { type: "integer", multipleOf: 7, not: { multipleOf: 2 } },
  { type: "integer", allOf: [{ multipleOf: 3 }, { multipleOf: 5 }], maximum: 200 },
);
const string = fc.constantFrom<Schema>(
  { type: "string", allOf: [{ pattern: "^[a-z]+$" }, { pattern: "e" }], maxLength: 8 },
  { type: "string", pattern: "^x", not: { pattern: "y$" }, maxLength: 6 },
  { type: "string", not: { enum: ["x", "y"] }, maxLength: 3 },
  { type: "string", format: "date", pattern: "^20" },
  { type: "string", format: "ipv4" },
  { type: "string", format: "uuid", not: { pattern: "^0" } },
);

/** Random schemas of what has to be taken apart before it can be written: conditions, exclusions, counts, dependencies,
 *  references, and keywords that stand beside each other. */
export const hardSchemas: fc.Arbitrary<Schema> = fc
  .letrec<{ node: Schema; joined: Schema }>((tie) => ({
    node: fc.oneof({ maxDepth: 2 }, fc.oneof(branch, object, array, number, string), tie("joined")),
    joined: fc.oneof(
      fc.array(tie("node"), { minLength: 2, maxLength: 3 }).map((oneOf): Schema => ({ oneOf })),
      fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((anyOf): Schema => ({ anyOf })),
      fc.array(tie("node"), { minLength: 2, maxLength: 2 }).map((allOf): Schema => ({ allOf })),
      fc.tuple(object, branch).map(([schema, not]): Schema => ({ ...schema, not })),
      fc.tuple(tie("node"), branch).map(([schema, not]): Schema => ({ allOf: [schema], not })),
      fc
        .tuple(branch, fc.option(tie("node"), { nil: undefined }), fc.option(tie("node"), { nil: undefined }))
        .map(([test, yes, no]): Schema => ({ type: ["object", "integer", "string"], ...condition(test, yes, no) })),
      fc.tuple(object, branch, branch).map(([schema, test, yes]): Schema => ({ ...schema, ...condition(test, yes) })),
      fc.tuple(object, branch).map(([schema, part]): Schema => ({ $ref: "#/$defs/tree", ...part, ...schema })),
      fc.constant<Schema>({ $ref: "#/$defs/tree" }),
    ),
  }))
  .node.map((schema) => ({ ...schema, $defs: { tree: TREE } }));

function condition(test: Schema, yes?: Schema, no?: Schema): Schema {
  const parts = [
    ["if", test],
    ["then", yes],
    ["else", no],
  ] as const;
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
}

const TREE: Schema = {
  type: "object",
  properties: { a: { type: "integer" }, kind: { type: "string", maxLength: 2 }, next: { $ref: "#/$defs/tree" } },
};

/** Both kinds of random schemas. */
export const anySchemas: fc.Arbitrary<Schema> = fc.oneof(
  { arbitrary: hardSchemas, weight: 3 },
  { arbitrary: schemas, weight: 1 },
);
