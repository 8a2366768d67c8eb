import { describe, expect, test } from "vitest";
import { inOneDialect, metaSchemaOf } from "../../../src/schema/document/dialects.js";
import { compileSchema } from "../../../src/schema/index.js";

const DRAFT_04 = "http://json-schema.org/draft-04/schema#";
const DRAFT_07 = "http://json-schema.org/draft-07/schema#";

function valid(schema: unknown, values: readonly unknown[]): unknown[] {
  const { validate } = compileSchema(schema, { reading: "full" });
  return values.filter((value) => validate(value) === null);
}

describe("a schema of an older draft", () => {
  test("has its exclusive bounds, ids and anchors said in today's way", () => {
    expect(
      inOneDialect({
        $schema: DRAFT_04,
        id: "http://example.com/a",
        minimum: 1,
        exclusiveMinimum: true,
        maximum: 5,
        exclusiveMaximum: false,
        definitions: { b: { id: "#b", required: true, enum: [{ id: "data" }] } },
        properties: { id: { type: "string" }, required: { minimum: 2 }, exclusiveMinimum: { type: "null" } },
      }),
    ).toEqual({
      $schema: DRAFT_04,
      $id: "http://example.com/a",
      exclusiveMinimum: 1,
      maximum: 5,
      definitions: { b: { $anchor: "b", enum: [{ id: "data" }] } },
      properties: { id: { type: "string" }, required: { minimum: 2 }, exclusiveMinimum: { type: "null" } },
    });
  });

  test("is not copied where nothing is to be said in another way", () => {
    const schema = { type: "object", properties: { a: { minimum: 1 }, b: { exclusiveMinimum: true, minimum: 2 } } };
    const rewritten = inOneDialect(schema) as typeof schema;
    expect(rewritten.properties.a).toBe(schema.properties.a);
    expect(rewritten.properties.b).toEqual({ exclusiveMinimum: 2 });
    expect(inOneDialect(schema.properties.a)).toBe(schema.properties.a);
  });

  test("is enforced and judged by what it means", () => {
    const schema = { $schema: DRAFT_04, type: "integer", minimum: 0, exclusiveMinimum: true };
    expect(valid(schema, [0, 1, -1])).toEqual([1]);
  });

  test("has nothing beside a $ref up to draft-07, and from 2019-09 on what stands there", () => {
    const schema = { properties: { a: { $ref: "#/$defs/text", maxLength: 1 } }, $defs: { text: { type: "string" } } };
    const values = [{ a: "x" }, { a: "xy" }, { a: 1 }];
    expect(valid({ ...schema, $schema: DRAFT_07 }, values)).toEqual([{ a: "x" }, { a: "xy" }]);
    expect(valid(schema, values)).toEqual([{ a: "x" }]);
  });

  test("may be mixed with a newer one where none is named", () => {
    const schema = {
      items: [{ type: "null" }],
      additionalItems: { prefixItems: [{ type: "string" }], items: false },
      dependencies: { a: ["b"] },
      dependentRequired: { c: ["d"] },
    };
    expect(valid(schema, [[null], [null, ["x"]], [null, ["x", 1]], [1], { a: 1 }, { c: 1 }, { a: 1, b: 1 }])).toEqual([
      [null],
      [null, ["x"]],
      { a: 1, b: 1 },
    ]);
  });

  test("may name a meta-schema, which is known and not fetched", () => {
    for (const uri of [DRAFT_04, "http://json-schema.org/draft-06/schema", DRAFT_07]) {
      expect(valid({ $ref: uri }, [{ type: "string" }, { type: 1 }, { minLength: -1 }])).toEqual([{ type: "string" }]);
    }
    expect(valid({ $ref: DRAFT_04 }, [{ exclusiveMinimum: true }, { exclusiveMinimum: 1 }])).toEqual([
      { exclusiveMinimum: true },
    ]);
    expect(
      valid({ items: { $ref: "https://json-schema.org/draft/2020-12/schema" } }, [
        [{ type: "null" }],
        [{ type: 3 }],
        [{ items: { minLength: -1 } }],
      ]),
    ).toEqual([[{ type: "null" }]]);
    expect(metaSchemaOf("http://example.com/schema")).toBeNull();
  });
});

test("a $recursiveRef means the whole document", () => {
  const tree = { type: "object", properties: { kids: { items: { $recursiveRef: "#" } } } };
  expect(valid(tree, [{ kids: [{ kids: [] }] }, { kids: [1] }])).toEqual([{ kids: [{ kids: [] }] }]);
});

describe("the judge", () => {
  test("survives ids that say the same twice, lead nowhere, or belong to OpenAPI", () => {
    const schema = {
      $id: "not a uri",
      nullable: true,
      $async: true,
      format: "int32",
      properties: {
        a: { $id: "http://example.com/x", $ref: "#/$defs/n" },
        b: { $id: "http://example.com/x", nullable: true, type: "string" },
      },
      $defs: { n: { type: "number" } },
    };
    expect(valid(schema, [{ a: 1, b: "x" }, { a: "x" }, { b: null }])).toEqual([{ a: 1, b: "x" }]);
  });

  test("takes expressions of the older grammar, and multiples in decimals", () => {
    expect(valid({ pattern: "^\\d\\-\\d$" }, ["1-2", "1\\-2"])).toEqual(["1-2"]);
    expect(valid({ multipleOf: 0.01 }, [0.07, 1.1, 0.005])).toEqual([0.07, 1.1]);
  });

  test("knows a property by its own name only", () => {
    expect(valid({ required: ["constructor"] }, [{}, { constructor: 1 }])).toEqual([{ constructor: 1 }]);
    expect(valid({ properties: { toString: { type: "null" } } }, [{}, { toString: 1 }])).toEqual([{}]);
  });
});
