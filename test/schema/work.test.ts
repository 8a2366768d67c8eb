import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { HOSTILE } from "../../bench/hostile/schemas.js";
import { compileOutput } from "../../src/output/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { compileNumbers, UnsupportedNumber } from "../../src/schema/numbers.js";
import { PairNumbers } from "../../src/schema/pairNumbers.js";
import { compileStrings, UnsupportedString } from "../../src/schema/stringLanguage.js";
import { spendStructure, TooMuchWork, withinWork } from "../../src/schema/work.js";
import { refusal } from "./refusal.js";

const multiple = (value: number) => ({ kind: "multipleOf", value, isNegated: true }) as const;
const pattern = (source: string) => ({ facet: { kind: "pattern", source } as const, isNegated: false });

test("automata that a compilation has no room for are refused, those that it paid for stay", () => {
  withinWork(1_000_000, 0, () => {
    const first = compileNumbers([multiple(7)], "intended");
    const many = Array.from({ length: 100 }, (_, at) => [multiple(11 + at), multiple(13)]);
    expect(() => {
      for (const literals of many) compileNumbers(literals, "intended");
    }).toThrow(UnsupportedNumber);
    expect(compileNumbers([multiple(7)], "intended")).toBe(first);
    expect(() => compileStrings([pattern("^x{3}y*$")])).toThrow(UnsupportedString);
    expect(compileStrings([{ facet: { kind: "length", min: 1, max: 2 }, isNegated: false }])).not.toBeNull();
  });
  expect(compileStrings([pattern("^x{3}y*$")])).not.toBeNull();
});

test("what takes a schema apart ends where its steps do", () => {
  expect(() => withinWork(0, 10, () => spendStructure(11))).toThrow(TooMuchWork);
  expect(() => spendStructure(1e12)).not.toThrow();
});

test("the same schema becomes the same grammar, whatever was compiled before", async () => {
  const names = ["several oneOf of multiples", "multiples under patterns of names", "300 patterns"];
  const schemas = names.map((name) => HOSTILE[name]!());
  const seen = (compile: typeof compileSchema) =>
    schemas.map((schema) => {
      const { gbnf, checked } = compile(schema);
      return { gbnf, checked };
    });
  const warm = [seen(compileSchema), seen(compileSchema)];
  vi.resetModules();
  const { compileSchema: cold } = await import("../../src/schema/index.js");
  schemas.reverse();
  const backwards = seen(cold).reverse();
  expect(warm[1]).toEqual(warm[0]);
  expect(backwards).toEqual(warm[0]);
});

test.each(["several oneOf of multiples", "multiples under patterns of names", "40 opposites of multiples"])(
  "%s leave to the check what they have no room for, and hold the rest",
  (name) => {
    const { ir, checked } = compileSchema(HOSTILE[name]!());
    expect(checked.length).toBeGreaterThan(0);
    expect(Object.keys(ir.rules).length).toBeLessThan(3000);
  },
);

test("a schema of more members than there is room for is held as far as it goes, and the rest is left to the check", () => {
  const { checked, validateText } = compileSchema(HOSTILE["a schema of 5 MB in objects"]!());
  expect(checked).toEqual([
    expect.stringMatching(/^properties at #\/properties\/m\d+ and behind it \(the schema is too large\)$/),
  ]);
  expect(validateText('{"m1999": {"m0": "", "m1": ""}}')).toBe(null);
  expect(validateText('{"m1999": {"m0": "", "m1": 5}}')).toBe("/m1999/m1 must be string");
});

test.each(["a schema of 5 MB", "20,000 optional properties", "a tuple of 20,000"])(
  "%s is more than is compiled at first, and held whole",
  (name) => {
    expect(compileSchema(HOSTILE[name]!()).checked).toEqual([]);
  },
);

test.each([
  ["15 levels of two ways each", /has more than 150000 objects and lists/],
  ["70,000 optional properties", /^The output schema is too wide at #: more than 40000 members/],
  ["2,000 levels of arrays", /nested deeper than 200 levels/],
])("%s are refused when the schema is read, not when the job runs", (name, message) => {
  expect(refusal(HOSTILE[name]!()).message).toMatch(message);
});

test("choices and grammars that engines can't follow are refused with their place", () => {
  const first = Array.from({ length: 50_000 }, (_, at) => String.fromCodePoint(0x10000 + at));
  expect(() => compileOutput({ kind: "choices", choices: first })).toThrow(
    "The output's list of choices is too wide: more than 40000 pieces of text may come next there.",
  );
  const gbnf = `root ::= "x" many\nmany ::= ${first.map((char) => `"${char}"`).join(" | ")}`;
  expect(() => compileOutput({ kind: "grammar", gbnf })).toThrow("The output's grammar is too wide at rule many:");
});

test("pairs have the numbers of their first sight", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: -1, max: 40 })), { maxLength: 3000 }), (pairs) => {
      const numbers = new PairNumbers();
      const known = new Map<string, number>();
      for (const [left, right] of pairs) {
        const key = `${left} ${right}`;
        if (!known.has(key)) known.set(key, known.size);
        expect(numbers.of(left, right)).toBe(known.get(key));
      }
      expect(numbers.size).toBe(known.size);
    }),
    { numRuns: 60 },
  );
});
