import { expect, test } from "vitest";
import { compileSchema } from "../../../src/schema/index.js";
import { accepts } from "../../grammar/grammarTexts.js";
import { refusal } from "../refusal.js";

/** Objects with a property `a` within each other. */
function nested(levels: number): Record<string, unknown> {
  let schema: Record<string, unknown> = { type: "null" };
  for (let level = 0; level < levels; level++) schema = { type: "object", properties: { a: schema }, required: ["a"] };
  return schema;
}

test("a schema may be nested 99 objects deep, and is refused in one line where it is deeper", () => {
  expect(accepts(compileSchema(nested(99)).ir, `${'{"a": '.repeat(99)}null${"}".repeat(99)}`)).toBe(true);
  for (const levels of [100, 2000, 100_000]) {
    expect(refusal(nested(levels))).toEqual({
      code: "ROWMILL_INVALID_SCHEMA",
      message: "The output schema is nested deeper than 200 levels, or contains itself: name its inner parts in $defs.",
    });
  }
});

test("an object that contains itself is refused in one line", () => {
  const schema: Record<string, unknown> = { type: "object" };
  schema.properties = { a: schema };
  expect(refusal(schema).message).toMatch(/contains itself[^\n]*$/);
});

test("a value that JSON can't carry is refused in one line", () => {
  const { code, message } = refusal({
    type: "integer",
    toJSON: () => {
      throw new Error("no\nJSON");
    },
  });
  expect(code).toBe("ROWMILL_INVALID_SCHEMA");
  expect(message).toMatch(/^The output schema can't be written as JSON: [^\n]*JSON[^\n]*$/);
});

test("a property named __proto__ is refused wherever it is named", () => {
  const named = '{"type": "object", "properties": {"__proto__": {"type": "string"}}, "required": ["__proto__"]}';
  const { code, message } = refusal(JSON.parse(named));
  expect(code).toBe("ROWMILL_INVALID_SCHEMA");
  expect(message).toBe(
    'The output schema names a property "__proto__" at #/properties, which can\'t be checked: choose another name.',
  );
  expect(refusal({ type: "object", required: ["__proto__"], additionalProperties: true }).message).toContain(
    "#/required",
  );
  expect(compileSchema({ enum: ["__proto__", "a"] }).validate("__proto__")).toBeNull();
  expect(refusal(JSON.parse('{"const": {"a": {"__proto__": 1}}}')).message).toContain("#/const/a");
});

function wide(count: number): Record<string, unknown> {
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: "null" }]));
  return { type: "object", properties, required: names };
}

test("a schema may have twenty thousand properties", () => {
  const compiled = compileSchema(wide(20_000));
  expect(compiled.keys).toHaveLength(20_000);
  expect(compiled.gbnf).toContain("p19999");
});

test("a message is one line, whatever names and expressions a schema has", () => {
  for (const schema of [
    { type: "object", properties: { "a\nb": { not: {} } }, required: ["a\nb"] },
    { type: "string", pattern: "(\n\r\nx" },
    { $ref: "#/a\u2028b" },
  ]) {
    expect(refusal(schema).message).toMatch(/^[^\n\r\u2028]+$/);
  }
  const { validate } = compileSchema({ type: "object", properties: { "a\nb": { type: "null" } } });
  expect(validate({ "a\nb": 1 })).toBe("/a b must be null");
});
