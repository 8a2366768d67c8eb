import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { HOSTILE } from "../../bench/hostile/schemas.js";
import { compileOutput } from "../../src/output/index.js";
import { spendStructure, TooMuchWork, withinStructureBudget } from "../../src/schema/conditions/structureBudget.js";
import { compileSchema } from "../../src/schema/index.js";
import { refusal } from "./refusal.js";

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

test("what takes a schema apart ends where its steps do", () => {
  expect(() => withinStructureBudget(10, () => spendStructure(11))).toThrow(TooMuchWork);
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
