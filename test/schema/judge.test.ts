import { expect, test } from "vitest";
import { compileSchema } from "../../src/schema/index.js";
import { refusal } from "./refusal.js";

test("a condition beside patternProperties is checked without failing itself", () => {
  const condition = [
    ["if", { properties: { a: { type: "integer" } }, required: ["a"] }],
    ["then", { properties: { a: { minimum: 3 } } }],
  ];
  const schema = { type: "object", properties: {}, patternProperties: { "^a": { type: "integer" } } };
  const { validate } = compileSchema({ ...schema, ...Object.fromEntries(condition) }, { reading: "full" });
  expect(validate({ ab: 1 })).toBe(null);
  expect(validate({ ab: "x" })).toContain("/ab must be integer");
  expect(validate({ a: 2 })).toContain("/a must be >= 3");
});

test("a value that a schema sends round in circles is not valid, and the check ends", () => {
  const schema = { type: "array", oneOf: [{ type: "object", $ref: "#" }, { maxItems: 1 }] };
  expect(compileSchema(schema, { reading: "full" }).validate([])).toContain("refers to itself without end");
});

test("a name with half a surrogate pair is refused at once, since it could be neither written nor checked", () => {
  const schema = { type: "object", properties: { "\ud800": { enum: [1] } } };
  expect(refusal(schema).message).toContain('names "\\ud800" at #/properties, which is no Unicode text');
});
