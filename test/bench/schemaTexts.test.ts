import fc from "fast-check";
import { expect, test } from "vitest";
import { inSchemaOrder } from "../../bench/schema/keyOrder.js";
import { readRawJson, writeRawJson } from "../../bench/schema/rawJson.js";

const sort = (instance: unknown, schema: unknown) =>
  writeRawJson(inSchemaOrder(readRawJson(JSON.stringify(instance)), readRawJson(JSON.stringify(schema))));

test("an instance is written as json.dumps writes it: spaced, non-ASCII as it is, numbers as they are spelled", () => {
  const text = '{"b":1.0,"a":[1e5,-0.50,12345678901234567890],"é\\u0041":"\\u65e5\\/\\n\\u0001\\ud83d\\ude00"}';
  expect(writeRawJson(readRawJson(text))).toBe(
    '{"b": 1.0, "a": [1e5, -0.50, 12345678901234567890], "éA": "日/\\n\\u0001😀"}',
  );
});

test("keys that look like integers keep their place, and a repeated key its first place with its last value", () => {
  expect(writeRawJson(readRawJson('{"10":1,"2":2,"10":3}'))).toBe('{"10": 3, "2": 2}');
});

test("any JSON comes back as the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(JSON.parse(writeRawJson(readRawJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test("what is no JSON is refused with the place", () => {
  for (const text of ["", "{", "[1,]", '{"a" 1}', "01", "1 2", "'a'", '{"a":1,}', "nul"]) {
    expect(() => readRawJson(text), text).toThrow(SyntaxError);
  }
});

test("keys come in the order in which the schema lists them, others after them in their own order", () => {
  const schema = { properties: { a: {}, b: { items: { properties: { x: {}, y: {} } } } } };
  expect(sort({ z: 1, b: [{ y: 1, x: 2 }], y: 2, a: 3 }, schema)).toBe(
    '{"a": 3, "b": [{"x": 2, "y": 1}], "z": 1, "y": 2}',
  );
});

test("schemas that are applied in place give their keys in the order in which they are written", () => {
  const schema = {
    $ref: "#/$defs/first",
    properties: { c: {} },
    allOf: [{ properties: { d: {} } }],
    $defs: { first: { properties: { a: {}, b: {} } } },
  };
  expect(sort({ d: 1, c: 1, b: 1, a: 1 }, schema)).toBe('{"a": 1, "b": 1, "c": 1, "d": 1}');
});

test("of anyOf and oneOf the branch that the object can be gives the order", () => {
  const branch = (kind: string, ...keys: string[]) => ({
    properties: Object.fromEntries(keys.map((key) => [key, key === "kind" ? { const: kind } : {}])),
    required: ["kind"],
    additionalProperties: false,
  });
  const schema = { oneOf: [branch("x", "kind", "b", "a"), branch("y", "a", "b", "kind")] };
  expect(sort({ a: 1, kind: "x", b: 1 }, schema)).toBe('{"kind": "x", "b": 1, "a": 1}');
  expect(sort({ kind: "y", b: 1, a: 1 }, schema)).toBe('{"a": 1, "b": 1, "kind": "y"}');
});

test("an object that const or enum names has its keys in that order, all the way down", () => {
  const schema = { enum: [{ a: 1 }, { b: [{ y: 1, x: 2 }], a: 1 }] };
  expect(sort({ a: 1, b: [{ x: 2, y: 1 }] }, schema)).toBe('{"b": [{"y": 1, "x": 2}], "a": 1}');
});

test("members below patternProperties, additionalProperties, prefixItems and recursive references are sorted too", () => {
  const node = { properties: { n: {}, m: { $ref: "#" } }, patternProperties: { "^p": { $ref: "#" } } };
  const schema = { ...node, additionalProperties: { prefixItems: [{ $ref: "#" }] } };
  expect(sort({ other: [{ m: 1, n: 1 }], p1: { m: { m: 1, n: 1 }, n: 1 } }, schema)).toBe(
    '{"other": [{"n": 1, "m": 1}], "p1": {"n": 1, "m": {"n": 1, "m": 1}}}',
  );
});

test("sorting changes no value and is done after one time", () => {
  const schemaOver = (inner: fc.Arbitrary<unknown>) =>
    fc.record(
      {
        properties: fc.dictionary(fc.constantFrom("a", "b", "c"), inner, { maxKeys: 3 }),
        anyOf: fc.array(inner, { minLength: 1, maxLength: 2 }),
        items: inner,
        $ref: fc.constantFrom("#", "#/nowhere"),
        required: fc.subarray(["a", "b"]),
      },
      { requiredKeys: [] },
    );
  const schema = schemaOver(schemaOver(schemaOver(fc.constant({}))));
  const instance = fc.jsonValue({ depthSize: "small" });
  const keyed = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), instance);
  fc.assert(
    fc.property(schema, fc.oneof(keyed, fc.array(keyed)), (one, value) => {
      const once = sort(value, one);
      expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(writeRawJson(inSchemaOrder(readRawJson(once), readRawJson(JSON.stringify(one))))).toBe(once);
    }),
  );
});
