import { describe, expect, test } from "vitest";
import { longestOutput } from "../../src/grammar/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { accepts } from "../grammar/grammarTexts.js";
import { accepted, person } from "./accepted.js";
import { refusal } from "./refusal.js";

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

  test("holds strings in every valid spelling but escapes of printable ASCII that needs none", () => {
    const valid = ['"é\\n\\u00e9/"', '"\\u0022\\u005C\\u007f\\u001f"', '"\\ud83d\\ude00"', '"😀"', '""'];
    const invalid = [
      '"\\/"',
      '"\\u002f"',
      '"\\u004d"',
      '"\\u007E"',
      '"\\u0020"',
      '"\n"',
      '"\\ud83d"',
      '"\\ude00"',
      '"\\x"',
      '"\\u12"',
      "'a'",
      '"a',
    ];
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

  test("holds integers of 15 digits, up to 2^53 - 1 where a bound reaches further, and beyond where one lies there", () => {
    const [nines, safe, beyond] = ["9".repeat(15), "9007199254740991", "9007199254740992"];
    const texts = [nines, `1${nines}`, safe, beyond, "3".repeat(19)].flatMap((one) => [one, `-${one}`]);
    expect(accepted({ type: "integer" }, texts)).toEqual([nines, `-${nines}`]);
    expect(accepted({ type: "integer", minimum: 0 }, texts)).toEqual([nines]);
    expect(accepted({ type: "number", minimum: 0 }, texts)).toEqual([nines]);
    expect(accepted({ type: "integer", maximum: 8e15 }, texts)).toEqual([nines, `-${nines}`, `1${nines}`]);
    expect(accepted({ type: "integer", maximum: 2n ** 60n }, texts)).toEqual([
      nines,
      `-${nines}`,
      `1${nines}`,
      safe,
      beyond,
    ]);
    expect(accepted({ type: "number", minimum: -(2 ** 60), maximum: 1 }, texts)).toEqual(
      [nines, `1${nines}`, safe, beyond].map((one) => `-${one}`),
    );
    expect(accepted({ type: "integer", minimum: 1e15 }, texts)).toEqual([`1${nines}`, safe]);
    expect(accepted({ type: "integer", multipleOf: 3 }, texts)).toEqual([nines, `-${nines}`]);
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
    const texts = ['{"é": 1, "b": "x"}', '{"é": 1, "é": "x"}', '{"é": 1, "\\u00e9": "x"}'];
    expect(accepted({ properties: { é: { type: "integer" } } }, texts, "full")).toEqual(texts.slice(0, 1));
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
    ["no double between its bounds", { type: "number", exclusiveMinimum: 1, exclusiveMaximum: 1 + 2 ** -52 }],
    ["opposed bounds of integers", { type: "integer", exclusiveMinimum: 2 ** 53 - 2, exclusiveMaximum: 2 ** 53 - 1 }],
    ["a value that is forbidden", { const: 1, not: { type: "integer" } }],
    ["two options of a oneOf that are the same", { oneOf: [{ type: "null" }, { type: "null" }] }],
    ["a member that must and must not be there", { type: "object", required: ["a"], not: { required: ["a"] } }],
    ["no integer between its bounds", { type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 2 }],
  ])("is unsatisfiable with %s", (_, schema) => {
    expect(refusal(schema).code).toBe("ROWMILL_UNSATISFIABLE_SCHEMA");
  });

  test.each<[object, string]>([
    [
      { type: "string", minLength: 5, maxLength: 3 },
      "at #/properties/a none satisfies its type, minLength and maxLength at once",
    ],
    [{ enum: [1], allOf: [{ type: "null" }] }, "at #/properties/a none satisfies its enum and allOf at once"],
  ])("says where, and by what: %j", (a, why) => {
    expect(refusal({ type: "object", properties: { a }, required: ["a"] }).message).toBe(
      `No value satisfies the output schema: ${why}.`,
    );
  });
});
