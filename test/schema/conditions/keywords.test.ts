import { describe, expect, test } from "vitest";
import { compileSchema } from "../../../src/schema/index.js";
import { accepts, spacedJson } from "../../grammar/grammarTexts.js";
import { accepted, person } from "../accepted.js";

describe("a keyword", () => {
  const cases: readonly [name: string, schema: unknown, valid: readonly unknown[], invalid: readonly unknown[]][] = [
    ["type takes a list", { type: ["integer", "null"] }, [1, null], ["1", true, 1.5]],
    ["boolean and null", { type: ["boolean", "null"] }, [true, false, null], [0, "true"]],
    [
      "enum takes any value",
      { enum: ["a", 1, null, [1, 2], { b: "c" }] },
      ["a", 1, null, [1, 2], { b: "c" }],
      ["b", [1]],
    ],
    ["enum is judged by its siblings", { enum: ["a", "abc", 7], type: "string", minLength: 2 }, ["abc"], ["a", 7]],
    ["const", { const: { a: [1] } }, [{ a: [1] }], [{ a: [2] }]],
    ["minimum and maximum", { type: "integer", minimum: -3, maximum: 120 }, [-3, 0, 99, 120], [-4, 121, 1200]],
    ["exclusive bounds", { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 3 }, [1, 2], [0, 3]],
    [
      "bounds with one double between them",
      { type: "number", exclusiveMinimum: 1, exclusiveMaximum: 1.0000000000000004 },
      [1.0000000000000002],
      [1, 1.0000000000000004],
    ],
    [
      "bounds where doubles are 10^292 apart",
      { type: "number", minimum: -1.7976931348623127e308, exclusiveMaximum: -1.79769313486231e308 },
      [-1.7976931348623127e308],
      [-1.79769313486231e308, 8000],
    ],
    [
      "bounds of the last integers that doubles keep apart",
      { type: "integer", minimum: 2 ** 53 - 2, exclusiveMaximum: 2 ** 53 },
      [2 ** 53 - 2, 2 ** 53 - 1],
      [2 ** 53 - 3, 2 ** 53],
    ],
    ["decimal bounds", { type: "number", minimum: 0, maximum: 1 }, [0, 0.5, 1, 1e-9], [1.01, -0.1, 2]],
    [
      "exclusive decimal bounds",
      { type: "number", exclusiveMinimum: -0.5, exclusiveMaximum: 2.25 },
      [-0.49, 2.2499, 0],
      [-0.5, 2.25, 2.3],
    ],
    ["a fractional bound of an integer", { type: "integer", minimum: 0.5, maximum: 2.5 }, [1, 2], [0, 3]],
    ["multipleOf", { type: "integer", multipleOf: 5, minimum: 0, maximum: 50 }, [0, 5, 50], [1, 55]],
    ["multipleOf without bounds", { type: "integer", multipleOf: 6 }, [0, 6, -12, 600006], [1, 8, -5]],
    ["pattern matches anywhere", { type: "string", pattern: "b\\d" }, ["b1", "ab22"], ["b", "1b"]],
    ["pattern with anchors", { type: "string", pattern: "^[A-Z]{2}-\\d+$" }, ["AB-1"], ["ab-1", "xAB-1", "AB-"]],
    [
      "pattern and length",
      { type: "string", pattern: "^a*$", minLength: 2, maxLength: 3 },
      ["aa", "aaa"],
      ["a", "aaaa"],
    ],
    ["pattern meets escapes", { type: "string", pattern: '^["\\\\\\n]+$' }, ['"', "\\", "\n"], ["a", "/"]],
    ["format", { type: "string", format: "date" }, ["2024-02-29"], ["2023-02-29", "2024-2-9"]],
    ["a format of no standard", { type: "string", format: "path" }, ["anything"], [1]],
    ["items", { type: "array", items: { type: "integer" } }, [[], [1], [1, 2, 3]], [["a"], [1, "a"]]],
    [
      "minItems and maxItems",
      { type: "array", items: { type: "null" }, minItems: 1, maxItems: 2 },
      [[null], [null, null]],
      [[], [null, null, null]],
    ],
    [
      "prefixItems",
      { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false, minItems: 1 },
      [["a"], ["a", 1]],
      [[], [1], ["a", 1, 2]],
    ],
    ["additionalProperties false", { ...person, additionalProperties: false }, [{ name: "A" }], [{ name: "A", x: 1 }]],
    [
      "additionalProperties as a schema",
      { ...person, additionalProperties: { type: "integer" } },
      [{ name: "A", x: 1, y: 2 }],
      [{ name: "A", x: "1" }],
    ],
    [
      "additionalProperties alone",
      { type: "object", additionalProperties: { type: "boolean" } },
      [{}, { a: true }],
      [{ a: 1 }],
    ],
    [
      "propertyNames",
      { type: "object", propertyNames: { pattern: "^x" }, additionalProperties: true },
      [{ x1: 1 }],
      [{ y: 1 }],
    ],
    [
      "required without properties",
      { type: "object", required: ["a"], additionalProperties: true },
      [{ a: 1 }, { a: 1, b: 2 }],
      [{}, { b: 2 }],
    ],
    ["anyOf", { anyOf: [{ type: "integer" }, { type: "string", maxLength: 1 }] }, [1, "a"], ["ab", null]],
    ["oneOf told apart by type", { oneOf: [{ type: "integer" }, { type: "string" }] }, [1, "a"], [null]],
    ["oneOf of overlapping lists", { oneOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, [1, 3], [2]],
    ["oneOf told apart by bounds", { type: "integer", oneOf: [{ maximum: 1 }, { minimum: 5 }] }, [1, 5], [3]],
    [
      "allOf",
      {
        allOf: [
          { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
          { properties: { b: { type: "string" } }, required: ["b"] },
        ],
      },
      [{ a: 1, b: "x" }],
      [{ a: 1 }, { b: "x" }],
    ],
    ["$ref with siblings", { $defs: { s: { type: "string" } }, $ref: "#/$defs/s", maxLength: 2 }, ["ab"], ["abc", 1]],
    ["$ref to an anchor", { $defs: { s: { $anchor: "here", type: "null" } }, $ref: "#here" }, [null], [1]],
    ["not of a type", { not: { type: ["string", "object"] } }, [1, null, [1]], ["a", {}]],
    ["not of an enum", { type: "string", not: { enum: ["a", "bc"] } }, ["b", "abc"], ["a", "bc"]],
    ["not of a pattern", { type: "string", not: { pattern: "^a" } }, ["", "ba"], ["a", "ab"]],
    [
      "not of a required member",
      { type: "object", properties: { a: {}, b: {} }, not: { required: ["a", "b"] } },
      [{}, { a: 1 }, { b: 1 }],
      [{ a: 1, b: 2 }],
    ],
    [
      "not of a member's schema",
      { type: "object", properties: { a: {} }, not: { properties: { a: { type: "integer" } } } },
      [{ a: "x" }],
      [{ a: 1 }, {}],
    ],
    ["not of bounds", { type: "integer", not: { minimum: 3, maximum: 5 } }, [2, 6], [3, 4, 5]],
    [
      "if, then and else",
      {
        type: "object",
        properties: { kind: { enum: ["a", "b"] }, x: {}, y: {} },
        required: ["kind"],
        if: { properties: { kind: { const: "a" } } },
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        then: { required: ["x"] },
        else: { required: ["y"] },
      },
      [
        { kind: "a", x: 1 },
        { kind: "b", y: 1 },
        { kind: "a", x: 1, y: 2 },
      ],
      [{ kind: "a" }, { kind: "b", x: 1 }],
    ],
    [
      "dependentRequired",
      { type: "object", properties: { a: {}, b: {} }, dependentRequired: { a: ["b"] } },
      [{}, { b: 1 }, { a: 1, b: 2 }],
      [{ a: 1 }],
    ],
    [
      "dependencies of both kinds",
      {
        type: "object",
        properties: { a: {}, b: {}, c: {} },
        dependencies: { a: ["b"], c: { properties: { b: { type: "null" } }, required: ["b"] } },
      },
      [{}, { a: 1, b: 2 }, { b: null, c: 1 }],
      [{ a: 1 }, { c: 1 }, { b: 2, c: 1 }],
    ],
    [
      "patternProperties",
      {
        type: "object",
        patternProperties: { "^n": { type: "integer" }, x$: { maximum: 5 } },
        additionalProperties: false,
      },
      [{}, { n1: 7 }, { nx: 5, ax: 1 }],
      [{ n: "a" }, { nx: 6 }, { b: 1 }],
    ],
    [
      "patternProperties of a listed name",
      { type: "object", properties: { na: { minimum: 2 } }, patternProperties: { "^n": { type: "integer" } } },
      [{ na: 3 }, { nb: 0 }],
      [{ na: 1 }, { na: 2.5 }],
    ],
    [
      "minProperties and maxProperties",
      { type: "object", properties: { a: {}, b: {}, c: {} }, minProperties: 1, maxProperties: 2 },
      [{ a: 1 }, { a: 1, c: 2 }],
      [{}, { a: 1, b: 2, c: 3 }],
    ],
    [
      "counts of further members",
      { type: "object", additionalProperties: { type: "null" }, minProperties: 2, maxProperties: 3 },
      [
        { a: null, b: null },
        { a: null, b: null, c: null },
      ],
      [{}, { a: null }, { a: null, b: null, c: null, d: null }],
    ],
    [
      "contains",
      { type: "array", items: { type: "integer" }, contains: { minimum: 5 }, maxContains: 2 },
      [[5], [1, 6, 2], [7, 8]],
      [[], [1, 2], [5, 6, 7]],
    ],
    [
      "oneOf of options that overlap",
      { type: "object", properties: { a: {}, b: {} }, oneOf: [{ required: ["a"] }, { required: ["b"] }] },
      [{ a: 1 }, { b: 1 }],
      [{}, { a: 1, b: 2 }],
    ],
    ["oneOf of numbers", { oneOf: [{ type: "integer" }, { type: "number", minimum: 2 }] }, [1, 2.5], [3, 1.5]],
    [
      "unevaluatedProperties",
      { allOf: [{ properties: { a: {} } }], properties: { b: {} }, unevaluatedProperties: false },
      [{ a: 1, b: 2 }],
      [{ a: 1, b: 2, c: 3 }],
    ],
    ["a schema that is true", true, [1, "a", [null], { a: {} }], []],
    ["idle keywords", { type: "array", uniqueItems: false, items: { type: "integer" } }, [[1, 1]], [["a"]]],
    ["keywords of other types", { type: "string", minProperties: 3, contains: { type: "null" } }, ["a"], [1]],
  ];
  test.each(cases)("%s", (_, schema, valid, invalid) => {
    const compiled = compileSchema(schema);
    const verdicts = [...valid, ...invalid].map((value) => [value, accepts(compiled.ir, spacedJson(value))]);
    expect(verdicts).toEqual([...valid.map((value) => [value, true]), ...invalid.map((value) => [value, false])]);
    for (const value of valid) expect(compiled.validate(value)).toBeNull();
  });

  test("properties come in the order in which the document writes them, those of allOf in their place", () => {
    const base = { properties: { b: { type: "null" }, c: { type: "null" } }, required: ["b", "c"] };
    const own = { properties: { a: { type: "null" } }, required: ["a"] };
    const texts = ['{"a": null, "b": null, "c": null}', '{"b": null, "c": null, "a": null}'];
    expect(accepted({ type: "object", ...own, allOf: [base] }, texts)).toEqual([texts[0]]);
    expect(accepted({ type: "object", allOf: [base], ...own }, texts)).toEqual([texts[1]]);
  });

  test("$ref may lead back to where it stands", () => {
    const schema = {
      type: "object",
      properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#" } } },
      required: ["value"],
      additionalProperties: false,
    };
    const deep = { value: 1, children: [{ value: 2 }, { value: 3, children: [{ value: 4, children: [] }] }] };
    expect(accepted(schema, [spacedJson(deep)])).toHaveLength(1);
    expect(accepted(schema, [spacedJson(deep).replace('"value": 4', '"value": "4"')])).toEqual([]);
  });

  test("definitions, tuples and dependencies of draft-07 are understood without $schema", () => {
    const schema = {
      definitions: { n: { type: "integer" } },
      type: "array",
      items: [{ $ref: "#/definitions/n" }],
      additionalItems: { type: "null" },
    };
    expect(accepted(schema, ["[]", "[1, null]", "[null]", "[1, 1]"])).toEqual(["[]", "[1, null]"]);
  });
});
