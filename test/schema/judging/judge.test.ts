import { describe, expect, test } from "vitest";
import { HOSTILE } from "../../../bench/hostile/schemas.js";
import { hasLongNumeral } from "../../../src/exactNumbers.js";
import { compileSchema } from "../../../src/schema/index.js";
import { refusal } from "../refusal.js";

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

/** A schema for each of so many names. */
function members(count: number, schemaOf: (at: number) => unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, schemaOf(at)]));
}

const word = (at: number) => ({ const: `w${at}` });
const list = <One>(count: number, make: (at: number) => One) => Array.from({ length: count }, (_, at) => make(at));

describe("the check of a row ends, and is right", () => {
  const doubling = (keyword: string) => ({
    type: "object",
    properties: { a: { $ref: "#/$defs/m0" } },
    $defs: members(40, (at) => {
      const next = { $ref: `#/$defs/m${at + 1}` };
      return at === 39 ? { type: "string" } : { [keyword]: [next, { [keyword]: [next] }] };
    }),
  });

  test.each(["anyOf", "allOf"])("where references double in %s, level by level", (keyword) => {
    const { validateText } = compileSchema(doubling(keyword));
    expect(validateText('{"a": "x"}')).toBe(null);
    expect(validateText('{"a": 5}')).toContain("/a must ");
    expect(compileSchema(HOSTILE["references that double"]!()).validateText('"x"')).toBe(null);
  });

  test("where values nest a thousand deep, each level by a reference", () => {
    const nested = { anyOf: [{ type: "integer" }, { type: "array", items: { $ref: "#" } }] };
    expect(compileSchema(nested).validateText(`${"[".repeat(1000)}${"]".repeat(1000)}`)).toBe(null);
    const child = { anyOf: [{ $ref: "#" }, { type: "null" }] };
    const chain = { type: "object", properties: { child }, required: ["child"], additionalProperties: false };
    const { validateText } = compileSchema(chain);
    const chainTo = (last: string) => `${'{"child": '.repeat(1000)}${last}${"}".repeat(1000)}`;
    expect(validateText(chainTo("null"))).toBe(null);
    expect(validateText(chainTo("5"))).toContain("/child must match a schema in anyOf");
  });

  test("of a list of objects twice denied, and of what is listed with long numbers", () => {
    const values = list(3000, (at) => ({ k: 9007199254740993n + BigInt(at) }));
    const { validateText } = compileSchema({ not: { not: { enum: values } } });
    expect(validateText('{"k": 9007199254740995}')).toBe(null);
    expect(validateText('{"k": 9007199254740992}')).not.toBe(null);
  });

  test("where two definitions name each other at every level of a value", () => {
    const pair = (name: string) => ({
      type: "object",
      properties: { x: { $ref: `#/$defs/${name}` }, y: { $ref: `#/$defs/${name}` } },
      required: ["x", "y"],
      additionalProperties: false,
    });
    const $defs = {
      a: { anyOf: [pair("b"), { $ref: "#/$defs/b" }] },
      b: { anyOf: [pair("a"), { type: "integer" }] },
    };
    const { validate } = compileSchema({ $ref: "#/$defs/a", $defs });
    const tree = (leaf: unknown) => list(12, () => 0).reduce<unknown>((below) => ({ x: below, y: below }), leaf);
    expect(validate(tree(1))).toBe(null);
    expect(validate(tree("no"))).toContain("must match a schema in anyOf");
  });

  test("where it can't be right beside unevaluatedProperties: the row is told so", () => {
    const { validateText } = compileSchema({ ...doubling("allOf"), unevaluatedProperties: false });
    expect(validateText('{"a": "x"}')).toBe(
      "the value can't be checked: the schema's references lead to more than 1000000 schemas",
    );
    expect(validateText('{"a": 5}')).toBe("/a must be string");
    expect(validateText('{"b": 5}')).toContain("must NOT have unevaluated properties");
  });

  test("where 20,000 references follow each other", () => {
    const { validateText, labelFields } = compileSchema(HOSTILE["20,000 references in a row"]!());
    expect(validateText('"x"')).toBe(null);
    expect(validateText("5")).toContain("must be string");
    expect(labelFields()).toEqual([]);
  });

  test("where equal values at several places are judged by one reference, each told with its place", () => {
    const $defs = { few: { anyOf: [{ $ref: "#/$defs/one" }, { const: "b" }] }, one: { const: "a" } };
    const { validate } = compileSchema({
      type: "array",
      items: { type: "array", items: { $ref: "#/$defs/few" } },
      $defs,
    });
    expect(validate([["a"], ["b", "a"]])).toBe(null);
    expect(validate([["a"], ["b", "c"]])).toBe("/1/1 must match a schema in anyOf");
    const both = {
      type: "object",
      properties: { a: { not: { $ref: "#/$defs/few" } }, b: { $ref: "#/$defs/few" } },
      $defs,
    };
    expect(compileSchema(both).validate({ a: "c", b: "c" })).toBe("/b must match a schema in anyOf");
  });
});

describe("a keyword of more schemas than one function holds", () => {
  const integers = (count: number) => members(count, () => ({ type: "integer" }));
  test.each<[what: string, schema: object, valid: unknown[], invalid: [value: unknown, message: unknown][]]>([
    [
      "properties",
      { type: "object", properties: integers(20_000), additionalProperties: false },
      [{}, { m7: 1, m19999: 2 }],
      [
        [{ m7: 1, m19998: "s" }, "/m19998 must be integer"],
        [{ zz: 1 }, 'the value must NOT have additional properties ("zz")'],
      ],
    ],
    [
      "patternProperties",
      {
        type: "object",
        properties: { own: { type: "string" } },
        patternProperties: Object.fromEntries(list(150, (at) => [`^x${at}$`, { type: "integer", minimum: at }])),
        additionalProperties: { type: "boolean" },
      },
      [{ x149: 149, own: "s", other: true }],
      [
        [{ x149: 148 }, "/x149 must be >= 149"],
        [{ other: 1 }, "/other must be boolean"],
        [{ own: true }, "/own must be string"],
      ],
    ],
    [
      "dependentRequired",
      {
        type: "object",
        properties: integers(300),
        dependentRequired: Object.fromEntries(list(300, (at) => [`m${at}`, [`m${(at + 1) % 300}`]])),
      },
      [{}],
      [[{ m5: 1 }, "the value must have required property 'm6'"]],
    ],
    [
      "dependencies, of a name that looks like a pointer",
      {
        type: "object",
        allOf: [{ $ref: "#/dependencies/a/not" }],
        dependencies: { ...members(120, () => ["m0"]), a: { not: { maxProperties: 3 } }, "a/not": ["zz"] },
      },
      [{}, { "a/not": 1, zz: 2 }],
      [[{ "a/not": 1 }, "the value must have required property 'zz'"]],
    ],
    [
      "enum",
      { enum: list(150, (at) => ({ k: at, of: [at, { b: null, a: 1.5 }] })) },
      [{ of: [149, { a: 1.5, b: null }], k: 149 }],
      [
        [
          { k: 0, of: [1, { b: null, a: 1.5 }] },
          expect.stringMatching(/^the value must be equal to one of .{400,450}$/),
        ],
        [{ k: 0, of: [{ b: null, a: 1.5 }, 0] }, expect.stringContaining("must be equal to one of the allowed")],
      ],
    ],
    [
      "dependencies",
      {
        type: "object",
        dependencies: members(300, (at) => (at % 2 === 0 ? [`m${at + 1}`] : { properties: { z: { const: at } } })),
      },
      [{}, { m4: 1, m5: 1, z: 5 }],
      [
        [{ m4: 1 }, "the value must have required property 'm5'"],
        [{ m4: 1, m5: 1, z: 7 }, "/z must be equal to constant"],
      ],
    ],
    [
      "prefixItems",
      { type: "array", prefixItems: list(1000, word), items: false },
      [[], ["w0", "w1"], list(1000, (at) => `w${at}`)],
      [
        [["w0", "w2"], "/1 must be equal to constant"],
        [[...list(1000, (at) => `w${at}`), 1], "the value must NOT have more than 1000 items"],
      ],
    ],
    ["anyOf", { anyOf: list(20_000, word) }, ["w19999"], [["no", "the value must match a schema in anyOf"]]],
    [
      "anyOf of objects",
      { anyOf: list(150, (at) => ({ type: "object", properties: { k: word(at) }, required: ["k"] })) },
      [{ k: "w149" }],
      [[{ k: "no" }, "the value must match a schema in anyOf"]],
    ],
    [
      "oneOf",
      { oneOf: [...list(20_000, word), { const: "w7" }, { enum: ["w8", "more"] }] },
      ["w19999", "more"],
      [
        ["w7", "the value must match exactly one schema in oneOf"],
        ["w8", "the value must match exactly one schema in oneOf"],
        ["no", "the value must match exactly one schema in oneOf"],
      ],
    ],
    [
      "allOf",
      { type: "object", allOf: list(150, (at) => ({ properties: { [`p${at}`]: { maximum: at } } })) },
      [{ p149: 149 }],
      [[{ p149: 150 }, "/p149 must be <= 149"]],
    ],
    [
      "objects within objects",
      {
        type: "object",
        properties: members(60, () => ({ type: "object", properties: integers(60), required: ["m0"] })),
      },
      [{ m59: { m0: 1, m59: 2 } }],
      [
        [{ m59: {} }, "/m59 must have required property 'm0'"],
        [{ m59: { m0: 1, m59: "s" } }, "/m59/m59 must be integer"],
      ],
    ],
  ])("is checked: %s", (_, schema, valid, invalid) => {
    const { validate } = compileSchema(schema, { reading: "full" });
    for (const value of valid) expect(validate(value)).toBe(null);
    for (const [value, message] of invalid) expect(validate(value)).toEqual(message);
  });

  test.each([1500, 20_000])("is refused at submission beside what asks what others have evaluated: %d", (count) => {
    const schema = { type: "object", properties: integers(count), unevaluatedProperties: false };
    expect(refusal(schema).message).toBe(
      `The output schema has unevaluatedProperties at #, and with it is too large to be checked (${2 * count + 3} keywords and names): leave that out, or make the schema smaller.`,
    );
  });

  test("has its long numbers exact, in parts that are compiled while a row is checked", () => {
    const properties = Object.fromEntries(list(150, (at) => [`m${at}`, { const: 9007199254740993n + BigInt(at) }]));
    const { validateText } = compileSchema({ type: "object", properties, additionalProperties: false });
    for (let at = 0; at < 150; at++) expect(validateText(`{"m${at}": ${9007199254740993n + BigInt(at)}}`)).toBe(null);
    expect(validateText('{"m3": 9007199254740995, "m4": 9007199254740997}')).toContain("/m3 must be equal to constant");
  });
});

test("only numbers outside strings are taken for long ones", () => {
  const short = ["550e8400-e29b-41d4-a716-446655440000", '\\"', "12345678901234567890", '"1e5"', "\\\\"];
  expect(hasLongNumeral(JSON.stringify(short))).toBe(false);
  expect(hasLongNumeral(JSON.stringify({ "1e5": short, n: 1.5 }))).toBe(false);
  for (const numeral of ["1e5", "12345678901234567", "0.1234567890123456"]) {
    expect(hasLongNumeral(numeral)).toBe(true);
    expect(hasLongNumeral(`[${JSON.stringify(short)}, ${numeral}]`)).toBe(true);
    expect(hasLongNumeral(`{"n": ${numeral}, "s": ${JSON.stringify(short)}}`)).toBe(true);
  }
});
