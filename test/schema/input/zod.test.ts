import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compileSchema } from "../../../src/schema/index.js";
import { accepts, spacedJson } from "../../grammar/grammarTexts.js";
import { refusal } from "../refusal.js";

function accepted(schema: unknown, texts: readonly string[]): string[] {
  const { ir } = compileSchema(schema);
  return texts.filter((text) => accepts(ir, text));
}

describe("a zod schema", () => {
  test.each<[z.ZodType, string]>([
    [z.int64(), "#"],
    [z.object({ ids: z.array(z.coerce.bigint()) }), "#/properties/ids/items"],
    [z.object({ five: z.literal(5n) }), "#/properties/five"],
  ])("that asks for a bigint is refused with its place and what to take instead", (schema, place) => {
    expect(refusal(schema).message).toBe(
      `The output schema asks for a bigint at ${place}, and JSON has none: use z.int(), or z.string().regex(/^-?\\d+$/) for integers beyond 2^53.`,
    );
  });

  test("is compiled as what its parse takes", () => {
    const schema = z.object({
      mail: z.email(),
      id: z.uuid(),
      stars: z.int().min(1).max(5),
      note: z.string().max(20).optional(),
      kind: z.enum(["a", "b"]),
      score: z.number().nullable(),
      counts: z.record(z.string(), z.int()),
    });
    const value = {
      mail: "a.b@c.de",
      id: "01234567-89ab-4def-8123-456789abcdef",
      stars: 5,
      kind: "a",
      score: null,
      counts: { x: 1 },
    };
    const compiled = compileSchema(schema);
    expect(compiled.keys).toEqual(["mail", "id", "stars", "note", "kind", "score", "counts"]);
    expect(accepts(compiled.ir, spacedJson(value))).toBe(true);
    expect(accepts(compiled.ir, spacedJson({ ...value, stars: 6 }))).toBe(false);
    expect(accepts(compiled.ir, spacedJson({ ...value, more: 1 }))).toBe(false);
    expect(schema.parse(value)).toEqual(value);
  });

  test("may be a discriminated union or refer to itself", () => {
    const union = z.discriminatedUnion("t", [
      z.object({ t: z.literal("n"), v: z.number() }),
      z.object({ t: z.literal("s"), v: z.string() }),
    ]);
    expect(accepted(union, ['{"t": "n", "v": 1}', '{"t": "s", "v": "x"}', '{"t": "n", "v": "x"}'])).toHaveLength(2);
    const tree = z.object({
      v: z.int(),
      get kids() {
        return z.array(tree);
      },
    });
    expect(accepted(tree, ['{"v": 1, "kids": [{"v": 2, "kids": []}]}', '{"v": 1, "kids": [2]}'])).toHaveLength(1);
  });

  test("with parts that JSON can't carry is refused", () => {
    expect(refusal(z.object({ at: z.date() })).code).toBe("ROWMILL_INVALID_SCHEMA");
    expect(refusal({ "~standard": { version: 1, vendor: "x", validate: () => ({ value: 1 }) } }).message).toContain(
      "a schema of x, not JSON Schema",
    );
  });
});

describe("what JSON Schema has no words for in a zod schema", () => {
  const word = z.string();
  const changed = z.codec(word, z.number(), { decode: Number, encode: String });
  const numericKeys = z.record(z.number().min(5), word);
  test.each([
    ["refine", word.refine((text) => text === "q"), "refine", "#"],
    [
      "refine behind optional and meta",
      z.object({ a: word.refine(Boolean).describe("x").optional() }),
      "refine",
      "#/properties/a",
    ],
    ["superRefine", z.object({ a: z.array(word.superRefine(() => undefined)) }), "superRefine", "#/properties/a/items"],
    ["check with a function", z.union([z.null(), z.int().check(() => undefined)]), "check", "#/anyOf/1"],
    ["refine of an object", z.object({ a: z.object({ b: word }).refine(Boolean) }), "refine", "#/properties/a"],
    ["refine in a lazy schema", z.lazy(() => word.refine(Boolean)), "refine", "#"],
    ["a property's check", z.array(word).check(z.property("length", z.number().max(3))), '"property"', "#"],
    ["a second schema", z.object({ n: word.pipe(z.string().max(5)) }), "pipe", "#/properties/n"],
    ["a schema after a transform", word.transform(Number).pipe(z.number().max(5)), "pipe", "#"],
    ["a codec", changed, "codec", "#"],
    ["a check after a change", word.trim().min(1), "trim", "#"],
    ["an expression's flags", word.regex(/^[^a]$/i), 'flags "i"', "#"],
    ["an URL's host", z.url({ hostname: /^a\.b$/ }), "hostname", "#"],
    ["a format that is a function", z.stringFormat("odd", (text) => text.length % 2 === 1), '"odd"', "#"],
    ["a token", z.jwt(), '"jwt"', "#"],
    ["check digits", z.iban(), "check digits", "#"],
    ["bounds of a record's keys", numericKeys, "numeric keys", "#"],
    ["a file", z.object({ f: z.file() }), '"file"', "#/properties/f"],
  ])("is refused in one line that says where: %s", (_, schema, name, place) => {
    const { code, message } = refusal(schema);
    expect(code).toBe("ROWMILL_UNSUPPORTED_KEYWORD");
    expect(message).toContain(name);
    expect(message).toContain(` at ${place} can't be enforced`);
    expect(message).not.toContain("\n");
  });

  test("is no reason to refuse where it only changes what parse returns, and is told", () => {
    const schema = z.object({
      a: word.transform(Number),
      b: word.min(1).trim(),
      c: z.preprocess(Number, z.int().max(3)),
    });
    const { ignored, ir } = compileSchema(schema);
    expect(ignored).toEqual([
      "transform at #/properties/c is not applied: results are what its parse takes",
      "change of the value at #/properties/b (trim, toLowerCase, …) is not applied: results are what its parse takes",
      "transform at #/properties/a is not applied: results are what its parse takes",
    ]);
    expect(accepts(ir, '{"a": "1", "b": " ", "c": 3}')).toBe(true);
    expect(accepts(ir, '{"a": "1", "b": "", "c": 3}')).toBe(false);
    expect(accepts(ir, '{"a": "1", "b": " ", "c": 4}')).toBe(false);
  });

  test("is not suspected in zod's own formats, which come with a pattern", () => {
    const schema = z.object({ a: z.hash("md5"), b: word.startsWith("b").includes("c"), c: z.cuid2(), d: z.ipv4() });
    const { ignored, ir } = compileSchema(schema);
    expect(ignored).toEqual([]);
    const value = { a: "0123456789abcdef".repeat(2), b: "bc", c: "tz4a98xxat96iws9zmbrgj3a", d: "10.0.0.1" };
    expect(schema.parse(value)).toEqual(value);
    expect(accepts(ir, spacedJson(value))).toBe(true);
    expect(accepts(ir, spacedJson({ ...value, b: "cb" }))).toBe(false);
  });
});
