import { describe, expect, test } from "vitest";
import { compileSchema } from "../../../src/schema/index.js";
import { refusal } from "../refusal.js";

const inner = { type: "object", properties: { a: { enum: ["x"] } }, required: ["a"], additionalProperties: false };

describe("a schema in the wrapper of an API", () => {
  test.each<[string, object]>([
    ["OpenAI's response format", { name: "review", strict: true, schema: inner }],
    ["OpenAI's response format", { type: "json_schema", json_schema: { name: "review", strict: true, schema: inner } }],
    ["OpenAI's response format", { type: "json_schema", name: "review", schema: inner }],
    ["OpenAI's response format", { response_format: { type: "json_schema", json_schema: { schema: inner } } }],
    ["a tool", { type: "function", function: { name: "f", description: "d", parameters: inner } }],
    ["a tool", { type: "function", name: "f", parameters: inner, strict: true }],
    ["Anthropic's tool", { name: "f", description: "d", input_schema: inner }],
    ["an MCP tool", { name: "f", inputSchema: inner }],
  ])("is taken out of it, and a line says so: %s %j", (of, wrapped) => {
    const { jsonSchema, notes } = compileSchema(wrapped);
    expect(jsonSchema).toEqual(inner);
    expect(notes).toEqual([expect.stringContaining(`the schema was taken out of ${of}`)]);
  });

  test("is no schema of whose properties one has the wrapper's name", () => {
    const schema = { type: "object", properties: { schema: { type: "string" }, parameters: { type: "object" } } };
    expect(compileSchema(schema)).toMatchObject({ jsonSchema: schema, notes: [] });
  });
});

test.each<[object, string]>([
  [{ parameters: inner }, "#/parameters"],
  [{ name: "f", schema: inner, version: 3 }, "#/schema"],
  [{ type: "json_schema", jsonSchema: { anyOf: [inner] } }, "#/jsonSchema"],
  [{ title: "api", openapi: "3.1.0", components: { schemas: { Review: inner } } }, "#/components/schemas/Review"],
  [{ $defs: { a: inner }, output: { $ref: "#/$defs/a" } }, "#/output"],
])(
  "a document that constrains nothing and has a schema in it is refused with that one's place: %j",
  (document, place) => {
    expect(refusal(document)).toMatchObject({
      code: "ROWMILL_INVALID_SCHEMA",
      message: `The output schema constrains nothing by itself, but a schema stands in it at ${place}: give that one alone.`,
    });
  },
);

test("a schema under a name of the user's alone is said to, beside that nothing is constrained", () => {
  expect(compileSchema({ Review: inner }).notes).toEqual([
    "the schema constrains nothing: every JSON value is valid",
    "a schema stands in it at #/Review, which is not looked at",
  ]);
});

test("a keyword that no standard knows is left alone beside those that constrain", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, "x-form": { type: "string" } };
  expect(compileSchema(schema).notes).toEqual([]);
});

test.each([
  [{}],
  [true],
  [{ default: { type: "string" } }],
  [{ title: "anything" }],
  [{ $defs: { a: { type: "string" } } }],
])("a schema that constrains nothing is said to: %j", (schema) => {
  expect(compileSchema(schema).notes).toEqual(["the schema constrains nothing: every JSON value is valid"]);
});

/** What of other libraries' schemas tells them apart, as the libraries make it. */
class Zod3 {
  readonly _def = { typeName: "ZodObject", shape: () => ({}) };
  parse(): void {}
}

describe("another library's schema is refused with what to do", () => {
  const standard = (vendor: string) => ({ "~standard": { version: 1, vendor, validate: () => ({ value: 1 }) } });
  test.each<[string, unknown, RegExp]>([
    ["zod 3", new Zod3(), /zod 3.*zod\/v4.*zod-to-json-schema/],
    ["zod 3.25's zod 3", Object.assign(new Zod3(), standard("zod")), /zod 3.*zod-to-json-schema/],
    ["joi", { type: "object", $_root: {}, _ids: {} }, /joi.*joi-to-json/],
    ["yup", { __isYupSchema__: true, type: "object" }, /yup.*yup-to-json-schema/],
    [
      "valibot",
      { kind: "schema", type: "object", ...standard("valibot"), "~run": () => {} },
      /@valibot\/to-json-schema/,
    ],
    ["arktype", Object.assign(() => {}, standard("arktype")), /schema\.toJsonSchema\(\)/],
    ["effect", Object.assign(() => {}, { ast: { _tag: "TypeLiteral" } }), /JSONSchema\.make/],
    [
      "nobody knows",
      new (class Mine {
        readonly fields = [];
      })(),
      /class or functions of its own.*zod 4/,
    ],
  ])("%s", (_, schema, message) => {
    const { code, message: said } = refusal(schema);
    expect(code).toBe("ROWMILL_INVALID_SCHEMA");
    expect(said).toMatch(message);
  });

  test("also where it is a part of a JSON Schema, with its place", () => {
    expect(refusal({ type: "object", properties: { a: new Zod3() } }).message).toMatch(
      /^The output schema's #\/properties\/a is a schema of zod 3/,
    );
  });
});
