import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HOSTILE } from "../../bench/hostile/schemas.js";
import { compileOutput } from "../../src/output/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { RowNumbers } from "../../src/schema/integerRows.js";
import { compileNumbers, UnsupportedNumber } from "../../src/schema/numbers.js";
import { PairNumbers } from "../../src/schema/pairNumbers.js";
import { inOrder, PartSets } from "../../src/schema/partSets.js";
import { compileStrings, UnsupportedString } from "../../src/schema/stringLanguage.js";
import { spendStructure, TooMuchWork, withinWork } from "../../src/schema/work.js";
import { refusal } from "./refusal.js";

const multiple = (value: number) => ({ kind: "multipleOf", value, isNegated: true }) as const;
const pattern = (source: string) => ({ facet: { kind: "pattern", source } as const, isNegated: false });

/** What schemas compile to, one after the other, where nothing was compiled before. */
async function seenByNewThread(schemas: readonly unknown[]): Promise<{ gbnf: string; checked: readonly string[] }[]> {
  const program = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(workerData.url).then(({ compileSchema }) => {
      const seen = workerData.schemas.map((schema) => {
        const { gbnf, checked } = compileSchema(schema);
        return { gbnf, checked };
      });
      parentPort.postMessage(seen);
    });`;
  const url = new URL("../../dist/schema/index.js", import.meta.url).href;
  const worker = new Worker(program, { eval: true, workerData: { url, schemas } });
  const [seen] = await once(worker, "message");
  return seen;
}

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
  expect(warm[1]).toEqual(warm[0]);
  expect((await seenByNewThread(schemas.reverse())).reverse()).toEqual(warm[0]);
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

test("there is room for the fewer members the larger the document is; behind the first object without room no other is held", () => {
  const integers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, { type: "integer" }]));
  const small = { type: "object", properties: { kind: { enum: ["a", "b"] } } };
  const large = { type: "object", properties: integers(21_000) };
  const schema = { type: "object", properties: { large, small }, required: ["small"] };
  expect(compileSchema(large).checked).toEqual([]);
  expect(compileSchema(schema).labelFields()).toHaveLength(1);
  const crowded = compileSchema({ ...schema, $defs: integers(8_000) });
  expect(crowded.checked).toEqual(["properties at #/properties/large and behind it (the schema is too large)"]);
  expect(crowded.labelFields()).toEqual([]);
  expect(crowded.validateText('{"small": {"kind": "c"}}')).toMatch(/kind must be equal to one of the allowed values/);
});

test("the automata of 100 fields are more than there are steps for: some fields are held, the others left to the check", () => {
  const { checked, ir } = compileSchema(HOSTILE["100 fields of multiples and bounds"]!());
  expect(checked.filter((what) => what.startsWith("multipleOf"))).toHaveLength(74);
  expect(checked).toContain("multipleOf at #/properties/m99 (all automata of the schema would take too long)");
  expect(Object.keys(ir.rules).length).toBe(13_636);
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

test("rows are found again under the number that they were given first", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 })), (rows) => {
      const numbers = new RowNumbers(3);
      const known = new Map<string, number>();
      rows.forEach((row, at) => {
        if (!known.has(row.join())) known.set(row.join(), at);
        numbers.row.set(row);
        expect(numbers.of(at)).toBe(known.get(row.join()));
      });
    }),
    { numRuns: 60 },
  );
});

test("parts are put in order once each, and what was made of them is found again", () => {
  const all = Array.from({ length: 12 }, (_, id) => ({ id }));
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom(...all), { maxLength: 8 })), (lists) => {
      const sets = new PartSets<{ id: number }, { parts: readonly { id: number }[] }>();
      const known = new Map<string, unknown>();
      for (const list of lists) {
        const parts = inOrder([...list]);
        expect(parts.map(({ id }) => id)).toEqual([...new Set(list.map(({ id }) => id))].sort((a, b) => a - b));
        const key = parts.map(({ id }) => id).join();
        const made = sets.of(parts, (own) => ({ parts: own }));
        expect(made.parts).toEqual(parts);
        expect(known.get(key) ?? made).toBe(made);
        known.set(key, made);
      }
      expect(new Set(known.values()).size).toBe(known.size);
    }),
    { numRuns: 60 },
  );
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
