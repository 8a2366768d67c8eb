import { expect, test } from "vitest";
import { compileSchema } from "../../../src/schema/index.js";

/** For each field's path its labels with their texts. */
const fieldsOf = (schema: unknown) =>
  Object.fromEntries(
    compileSchema(schema)
      .labelFields()
      .map(({ path, labels }) => [path.join("."), Object.fromEntries(labels.map(({ name, texts }) => [name, texts]))]),
  );

const object = (properties: Record<string, unknown>) => ({ type: "object", properties });

test("enum, boolean, constants and small ranges are fields with labels; what has one value or many is not", () => {
  const fields = fieldsOf(
    object({
      mood: { enum: ["good", "bad"] },
      urgent: { type: "boolean" },
      size: { anyOf: [{ const: "S" }, { const: 'a "b"' }, { type: "null" }] },
      stars: { type: "integer", minimum: 1, maximum: 3 },
      version: { const: 1 },
      text: { type: "string" },
      price: { type: "number" },
      either: { anyOf: [{ enum: ["a", "b"] }, { type: "string", minLength: 3 }] },
      list: { type: "array", items: { enum: ["a", "b"] } },
    }),
  );
  expect(fields).toEqual({
    mood: { good: ['"good"'], bad: ['"bad"'] },
    urgent: { true: ["true"], false: ["false"] },
    size: { S: ['"S"'], 'a "b"': ['"a \\"b\\""'], null: ["null"] },
    stars: { 1: ["1"], 2: ["2"], 3: ["3"] },
  });
});

test("a whole output is a field too", () => {
  expect(fieldsOf({ enum: ["a", "b"] })).toEqual({ "": { a: ['"a"'], b: ['"b"'] } });
  expect(fieldsOf({ const: "a" })).toEqual({});
});

test("a label that can be spelled in two ways has both, and equal names are told apart as JSON", () => {
  expect(fieldsOf({ enum: ["é", "1", 1] })).toEqual({ "": { '"é"': ['"é"', '"\\u00e9"'], '"1"': ['"1"'], 1: ["1"] } });
});

test("fields of objects within objects are found, of what comes again within itself once", () => {
  const land = { enum: ["de", "fr"] };
  expect(fieldsOf(object({ é: object({ land }), again: { $ref: "#" } }))).toEqual({
    "é.land": { de: ['"de"'], fr: ['"fr"'] },
  });
  const [field] = compileSchema(object({ é: object({ land }) })).labelFields();
  expect(field?.pathTexts).toEqual([['"é"', '"\\u00e9"'], ['"land"']]);
});

test("a field that alternatives have each in its own way has the labels of all", () => {
  const variants = [object({ kind: { const: "a" }, x: { type: "string" } }), object({ kind: { const: "b" } })];
  expect(fieldsOf({ anyOf: variants })).toEqual({ kind: { a: ['"a"'], b: ['"b"'] } });
  expect(fieldsOf({ anyOf: [...variants, object({ kind: { type: "string" } })] })).toEqual({});
});
