import { describe, expect, test } from "vitest";
import { z } from "zod";
import { HOSTILE } from "../../bench/hostile/schemas.js";
import { compileSchema, unusedAnnotations, withSchema } from "../../src/schema/index.js";

const ORDER = {
  title: "Order",
  description: "an order,\n  as the shop keeps it",
  type: "object",
  properties: {
    id: { type: "integer", title: "Id", description: "the order's number" },
    kind: {
      oneOf: [
        { const: "b2b", description: "a company's" },
        { const: "b2c", title: "a person's" },
      ],
    },
    items: { type: "array", items: { $ref: "#/$defs/item" } },
    note: { title: "Note" },
  },
  $defs: { item: { properties: { price: { description: "in cents" }, parts: { items: { $ref: "#/$defs/item" } } } } },
};

describe("the system prompt", () => {
  test("has a line for each field that the schema describes, references followed and repeated names left out", () => {
    expect(withSchema("Read the mail.", ORDER, "descriptions")).toBe(
      [
        "Read the mail.",
        "",
        "Answer with JSON: an order, as the shop keeps it",
        "- id: the order's number",
        '- kind "b2b": a company\'s',
        '- kind "b2c": a person\'s',
        "- items[].price: in cents",
      ].join("\n"),
    );
  });

  test("has zod's describe()", () => {
    const { jsonSchema } = compileSchema(z.object({ urgent: z.boolean().describe("needs an answer today") }));
    expect(withSchema(null, jsonSchema, "descriptions")).toBe("Answer with JSON:\n- urgent: needs an answer today");
  });

  test("is the user's own where the schema says nothing in words, or is to say nothing", () => {
    const bare = { type: "object", properties: { title: { type: "string" }, order_id: { title: "Order Id" } } };
    expect(withSchema("Read.", bare, "descriptions")).toBe("Read.");
    expect(withSchema(null, bare, "descriptions")).toBeNull();
    expect(withSchema("Read.", ORDER, "off")).toBe("Read.");
  });

  test("has each field once where references double, level by level", () => {
    const { $ref, $defs } = HOSTILE["references that double"]!() as { $ref: string; $defs: Record<string, object> };
    const last = Object.keys($defs).at(-1)!;
    const described = { ...$defs, [last]: { description: "what all of them mean" } };
    const document = { properties: { a: { $ref } }, $defs: described };
    expect(withSchema(null, document, "descriptions")).toBe("Answer with JSON:\n- a: what all of them mean");
  });

  test("ends where definitions name each other, its first fields described", () => {
    const names = Array.from({ length: 12 }, (_, at) => `m${at}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const $defs = Object.fromEntries(names.map((name) => [name, { description: `about ${name}`, properties }]));
    const lines = withSchema(null, { properties, $defs }, "descriptions")!.split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "Answer with JSON:",
      "- m0: about m0",
      "- m0.m1: about m1",
      "- m0.m1.m2: about m2",
    ]);
    expect(lines.length).toBeLessThanOrEqual(10_001);
  });

  test("follows references by the thousand", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 5000 }, (_, at) => [`m${at}`, { $ref: `#/$defs/m${at + 1}` }]),
    );
    const document = { properties: { a: { $ref: "#/$defs/m0" } }, $defs: { ...$defs, m5000: { title: "the last" } } };
    expect(withSchema(null, document, "descriptions")).toBe("Answer with JSON:\n- a: the last");
  });

  test("has the whole schema, its numbers exact", () => {
    expect(withSchema("Read.", { type: "integer", maximum: 9223372036854775807n }, "full")).toBe(
      'Read.\n\nAnswer with JSON that is valid against this JSON Schema:\n{"type":"integer","maximum":9223372036854775807}',
    );
  });
});

test("annotations are unused as far as the model does not read them", () => {
  expect([...unusedAnnotations("off")]).toEqual(
    expect.arrayContaining(["title", "description", "examples", "default"]),
  );
  expect([...unusedAnnotations("descriptions")]).toContain("examples");
  expect([...unusedAnnotations("descriptions")]).not.toContain("description");
  expect([...unusedAnnotations("full")]).toEqual([]);
});
