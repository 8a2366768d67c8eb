import { describe, expect, test } from "vitest";
import { compileSchema, longestOutput, type SchemaReading } from "../../src/schema/index.js";
import { accepts, spacedJson } from "./grammarTexts.js";
import { refusal } from "./refusal.js";

/** Which of the texts the schema's grammar accepts. */
function accepted(schema: unknown, texts: readonly string[], reading: SchemaReading = "intended"): string[] {
  const { ir } = compileSchema(schema, { reading });
  return texts.filter((text) => accepts(ir, text));
}

const person = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["name"],
};

describe("the text of a value", () => {
  test("has one space after commas and colons, and keys in the schema's order", () => {
    expect(
      accepted(person, [
        '{"name": "A", "age": 3, "tags": ["x", "y"]}',
        '{"name": "A"}',
        '{"name": "A", "tags": []}',
        '{"age": 3, "name": "A"}',
        '{"name":"A"}',
        '{ "name": "A" }',
        '{"name": "A", "age": 3, }',
        '{"age": 3}',
      ]),
    ).toEqual(['{"name": "A", "age": 3, "tags": ["x", "y"]}', '{"name": "A"}', '{"name": "A", "tags": []}']);
  });

  test("has no white space in the compact style and up to 20 white characters at a place in the free one", () => {
    const compact = compileSchema(person, { style: "compact" }).ir;
    expect(accepts(compact, '{"name":"A","tags":["x","y"]}')).toBe(true);
    expect(accepts(compact, '{"name": "A"}')).toBe(false);
    const free = compileSchema(person, { style: "free" }).ir;
    expect(accepts(free, '{\n  "name" : "A",\n\t"tags":[ ]}')).toBe(true);
    expect(accepts(free, `{${" ".repeat(20)}"name":"A"}`)).toBe(true);
    expect(accepts(free, `{${" ".repeat(21)}"name":"A"}`)).toBe(false);
  });

  test("holds strings in every valid spelling and no other", () => {
    const valid = ['"é\\n\\u00e9\\/"', '"\\ud83d\\ude00"', '"😀"', '""'];
    const invalid = ['"\n"', '"\\ud83d"', '"\\ude00"', '"\\x"', '"\\u12"', "'a'", '"a'];
    expect(accepted({ type: "string" }, [...valid, ...invalid])).toEqual(valid);
  });

  test("counts a character as one, however it is spelled", () => {
    const schema = { type: "string", minLength: 2, maxLength: 3 };
    const valid = ['"ab"', '"é\\n😀"', '"\\ud83d\\ude00\\u00e9"'];
    expect(accepted(schema, [...valid, '"a"', '"\\u00e9"', '"abcd"', '"ab\\n\\t"'])).toEqual(valid);
  });

  test("ends its numbers: 15 digits, 17 decimal places, an exponent that stays finite", () => {
    const valid = ["0", "-12.5", "1e5", "1E-300", "9".repeat(15), `0.${"3".repeat(17)}`, "1.5e+279"];
    const invalid = ["01", "+1", ".5", "1.", "1".repeat(16), `0.${"3".repeat(18)}`, "1e309", "NaN", "1e"];
    expect(accepted({ type: "number" }, [...valid, ...invalid])).toEqual(valid);
    expect(accepted({ type: "integer" }, ["0", "-7", "10", "1.0", "1e3", "-0", "007"])).toEqual(["0", "-7", "10"]);
  });

  test("holds no integer that JSON.parse would round: 15 digits, or 2^53 - 1 where a bound reaches further", () => {
    const [nines, safe, beyond] = ["9".repeat(15), "9007199254740991", "9007199254740992"];
    const texts = [nines, `1${nines}`, safe, beyond, "3".repeat(19)].flatMap((one) => [one, `-${one}`]);
    expect(accepted({ type: "integer" }, texts)).toEqual([nines, `-${nines}`]);
    expect(accepted({ type: "integer", minimum: 0 }, texts)).toEqual([nines]);
    expect(accepted({ type: "number", minimum: 0 }, texts)).toEqual([nines]);
    expect(accepted({ type: "integer", maximum: 2 ** 60 }, texts)).toEqual([nines, `-${nines}`, `1${nines}`, safe]);
    expect(accepted({ type: "number", minimum: -(2 ** 60), maximum: 1 }, texts)).toEqual(
      [nines, `1${nines}`, safe].map((one) => `-${one}`),
    );
    expect(accepted({ type: "integer", minimum: 1e15 }, texts)).toEqual([`1${nines}`, safe]);
    expect(accepted({ type: "integer", multipleOf: 3 }, texts)).toEqual([nines, `-${nines}`]);
  });
});

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

describe("what a schema leaves unsaid", () => {
  const texts = ['{"a": 1}', '{"a": 1, "b": 2}', "{}", '"text"'];
  test("is taken as meant: no properties that are not listed, and an object where properties are", () => {
    expect(accepted({ properties: { a: { type: "integer" } } }, texts)).toEqual(['{"a": 1}', "{}"]);
  });
  test("is anything, on request, as the specification has it", () => {
    expect(accepted({ properties: { a: { type: "integer" } } }, texts, "full")).toEqual(texts);
  });
  test("includes unknown keywords: annotations, but for slips of the pen, which are refused or on request ignored", () => {
    expect(compileSchema({ type: "string", readonly: true, units: "m" }).ignored).toEqual([
      'keyword "readonly" is an annotation and is not enforced',
      'keyword "units" is an annotation and is not enforced',
    ]);
    const { code, message } = refusal({ type: "string", maxlength: 3 });
    expect(code).toBe("ROWMILL_UNSUPPORTED_KEYWORD");
    expect(message).toContain('write "maxLength" if that is meant');
    expect(compileSchema({ type: "string", maxlength: 3 }, { reading: "full" }).ignored).toEqual([
      'keyword "maxlength" is an annotation and is not enforced',
    ]);
  });
  test("never lets a further property repeat a listed one", () => {
    const texts = ['{"a": 1, "b": "x"}', '{"a": 1, "a": "x"}', '{"a": 1, "\\u0061": "x"}'];
    expect(accepted({ properties: { a: { type: "integer" } } }, texts, "full")).toEqual(texts.slice(0, 1));
  });
});

describe("names of properties", () => {
  test("never become those of rules that the compiler makes for itself", () => {
    const first = compileSchema({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "array", contains: {} } },
    });
    const rules = Object.keys(first.ir.rules);
    expect(rules.length).toBeGreaterThan(3);
    const properties = Object.fromEntries(rules.map((name) => [name, { type: "integer" }]));
    const texts = rules.map((name) => `{"${name}": 1}`);
    expect(accepted({ type: "object", properties }, [...texts, `{"${rules[0]}": "x"}`])).toEqual(texts);
  });
});

describe("what is evaluated", () => {
  test.each([
    [{ $ref: "#/$defs/x", unevaluatedProperties: false, $defs: { x: { not: { not: { properties: { a: true } } } } } }],
    [{ $ref: "#/$defs/x", unevaluatedItems: false, $defs: { x: { type: "array", contains: { const: 1 } } } }],
    [
      {
        anyOf: [..."abcdef"].map((name) => ({ properties: { [name]: {} }, required: [name] })),
        unevaluatedProperties: false,
      },
    ],
  ])("is left to the check where the grammar can't tell: %j", (schema) => {
    expect(compileSchema(schema).checked.join()).toContain("unevaluated");
  });
});

describe("a compiled schema", () => {
  test("is told with the property names in order, what is enforced and what is ignored", () => {
    const compiled = compileSchema({
      ...person,
      properties: { ...person.properties, at: { type: "string", format: "path" } },
    });
    expect(compiled.keys).toEqual(["name", "age", "tags", "at"]);
    expect(compiled.enforced).toEqual(["items", "properties", "required", "type"]);
    expect(compiled.checked).toEqual([]);
    expect(compiled.ignored).toEqual(['format "path" is an annotation and is not enforced']);
    expect(compileSchema({ type: "string" }).keys).toBeNull();
  });

  test("says in one line where a value is invalid", () => {
    const { validate } = compileSchema({ ...person, additionalProperties: false });
    expect(validate({ name: "A", age: 3 })).toBeNull();
    expect(validate({ name: "A", age: "3" })).toBe("/age must be integer");
    expect(validate({ name: "A", x: 1 })).toBe('the value must NOT have additional properties ("x")');
  });

  test("knows its longest text, or that there is none", () => {
    const longest = (schema: unknown) => longestOutput(compileSchema(schema).ir);
    expect(longest({ enum: ["a", "abc"] })).toBe('"abc"'.length);
    expect(longest({ type: "object", properties: { a: { type: "boolean" } }, required: ["a"] })).toBe(
      '{"a": false}'.length,
    );
    expect(longest({ type: "string", maxLength: 2 })).toBe('"\\ud83d\\ude00\\ud83d\\ude00"'.length);
    expect(longest({ type: "string" })).toBeNull();
    expect(
      longest({ $defs: { t: { type: "array", items: { $ref: "#/$defs/t" }, maxItems: 1 } }, $ref: "#/$defs/t" }),
    ).toBeNull();
  });

  test("is made of plain data", () => {
    const compiled = compileSchema(person);
    expect(JSON.parse(JSON.stringify(compiled.ir))).toEqual(compiled.ir);
    expect(JSON.parse(JSON.stringify(compiled.jsonSchema))).toEqual(person);
  });
});

describe("a condition that no grammar holds", () => {
  test.each([
    ["uniqueItems at #/properties/tags", { properties: { tags: { type: "array", uniqueItems: true } } }],
    ["pattern at # (", { type: "string", pattern: "(a|b)\\1" }],
    ["format at #/not (", { type: "string", not: { format: "regex" } }],
    ["not (a listed object)", { type: "object", not: { const: { a: 1 } } }],
  ])("is left to the check: %s", (what, schema) => {
    const { checked } = compileSchema(schema);
    expect(checked).toHaveLength(1);
    expect(checked[0]).toContain(what);
  });

  test("leaves the grammar more texts than the schema has values, and validate tells them apart", () => {
    const { ir, validate } = compileSchema({ type: "array", items: { enum: [1, 2] }, uniqueItems: true });
    expect(["[1, 2]", "[1, 1]"].map((text) => accepts(ir, text))).toEqual([true, true]);
    expect(
      [
        [1, 2],
        [1, 1],
      ].map((value) => validate(value) === null),
    ).toEqual([true, false]);
  });

  test("is none where the rest of the schema sees to it", () => {
    expect(compileSchema({ type: "array", items: {}, maxItems: 1, uniqueItems: true }).checked).toEqual([]);
  });
});

describe("a refused schema", () => {
  test.each([
    ["no schema at all", 7, "a number"],
    ["a list", [], "a list"],
    ["null", null, "null"],
    ["a misspelled type", { properties: { a: { type: "strng" } } }, "/properties/a/type"],
    [
      "a type that nobody knows",
      { type: "objekt" },
      '/type is "objekt": it must be one of string, number, integer, boolean, object, array, null',
    ],
    ["one of several types", { items: { type: ["null", "strng"] } }, '/items/type is "strng": it must be one of'],
    ["a property named type", { properties: { type: { type: "a/b" } } }, '/properties/type/type is "a/b"'],
    ["a property that is no schema", { properties: { type: "text" } }, "/properties/type must be"],
    ["a wrong keyword value", { type: "string", minLength: -1 }, "/minLength"],
    ["no regular expression", { type: "string", pattern: "(" }, "/pattern"],
    ["a reference to nothing", { $ref: "#/$defs/none" }, "#/$defs/none"],
    ["an unused reference to nothing", { type: "null", $defs: { a: { $ref: "#/$defs/b" } } }, "#/$defs/a"],
    ["a reference to itself", { $ref: "#" }, "circle"],
    ["a choice of itself", { anyOf: [{ $ref: "#" }, { type: "null" }] }, "itself"],
  ])("is invalid with %s, and the message says where", (_, schema, word) => {
    const { code, message } = refusal(schema);
    expect(code).toBe("ROWMILL_INVALID_SCHEMA");
    expect(message).toContain(word);
    expect(message).not.toContain("\n");
  });

  test.each([
    ["maxlength", { type: "string", maxlength: 3 }, "at #"],
    ["$ref", { $ref: "https://example.com/schema.json" }, "example.com"],
  ])("names the keyword %s that nobody can follow, and its place", (keyword, schema, place) => {
    const { code, message } = refusal(schema);
    expect(code).toBe("ROWMILL_UNSUPPORTED_KEYWORD");
    expect(message).toContain(keyword);
    expect(message).toContain(place);
  });

  test.each([
    ["false", false],
    ["bounds the wrong way round", { type: "integer", minimum: 5, maximum: 3 }],
    ["large bounds the wrong way round", { type: "number", minimum: 2 ** 60, maximum: 5 }],
    ["lengths the wrong way round", { type: "string", minLength: 3, maxLength: 2 }],
    ["a pattern that no allowed length fits", { type: "string", pattern: "^a{5}$", maxLength: 4 }],
    ["types that exclude each other", { allOf: [{ type: "string" }, { type: "integer" }] }],
    ["listed values of another type", { type: "string", enum: [1, 2] }],
    ["a required property that is forbidden", { type: "object", properties: { a: false }, required: ["a"] }],
    ["an endless object", { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }],
    ["opposed bounds of integers", { type: "integer", exclusiveMinimum: 2 ** 53 - 2, exclusiveMaximum: 2 ** 53 - 1 }],
    ["a value that is forbidden", { const: 1, not: { type: "integer" } }],
    ["two options of a oneOf that are the same", { oneOf: [{ type: "null" }, { type: "null" }] }],
    ["a member that must and must not be there", { type: "object", required: ["a"], not: { required: ["a"] } }],
    ["no integer between its bounds", { type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 2 }],
  ])("is unsatisfiable with %s", (_, schema) => {
    expect(refusal(schema).code).toBe("ROWMILL_UNSATISFIABLE_SCHEMA");
  });
});
