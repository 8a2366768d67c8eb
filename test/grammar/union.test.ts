import fc from "fast-check";
import { expect, test } from "vitest";
import { choicesGrammar, emitGbnf, matchesGrammar, tooWideRule } from "../../src/grammar/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { accepts } from "./grammarTexts.js";

const syllable = fc.constantFrom("a", "b", "ab", "é", "😀", "😁", "\u0001", "\n", '"', "\\", "\ud83d".slice(1));
const words = fc.uniqueArray(
  fc.array(syllable, { maxLength: 6 }).map((parts) => parts.join("")),
  {
    minLength: 1,
    maxLength: 60,
  },
);

test("a grammar of texts has these and no others, whatever they share", () => {
  fc.assert(
    fc.property(
      words,
      fc.array(
        fc.array(syllable, { maxLength: 7 }).map((parts) => parts.join("")),
        { maxLength: 30 },
      ),
      (texts, others) => {
        const ir = choicesGrammar(texts);
        for (const text of texts) expect([text, matchesGrammar(ir, text)]).toEqual([text, true]);
        for (const text of others) expect([text, matchesGrammar(ir, text)]).toEqual([text, texts.includes(text)]);
      },
    ),
    { numRuns: 100 },
  );
});

test("texts that end alike are followed once from where they do", () => {
  const dates = Array.from({ length: 400 }, (_, year) =>
    Array.from({ length: 250 }, (_unused, day) => `${1700 + year}-${String(day + 1).padStart(3, "0")}`),
  ).flat();
  const { rules } = choicesGrammar(dates);
  expect(JSON.stringify(rules).length).toBeLessThan(40_000);
});

const names = Array.from({ length: 100_000 }, (_, at) => `Straße ${at * 7} "${at % 13}"`);

test("an enum of 100,000 strings is held, with one way to go on for each first character", () => {
  const { ir, checked, gbnf } = compileSchema({
    type: "object",
    properties: { street: { enum: names } },
    required: ["street"],
  });
  expect(checked).toEqual([]);
  expect(tooWideRule(ir)).toBeNull();
  const written = (street: string) => `{"street": ${JSON.stringify(street)}}`;
  for (const at of [0, 1, 4711, 99_999]) expect(matchesGrammar(ir, written(names[at]!))).toBe(true);
  expect(matchesGrammar(ir, '{"street": "Stra\\u00dfe 7 \\"1\\""}')).toBe(true);
  for (const other of ['Straße 8 "1"', 'Straße 7 "2"', "Straße 7", ""])
    expect(matchesGrammar(ir, written(other))).toBe(false);
  expect(gbnf.length).toBeLessThan(20_000_000);
});

test.each(["anyOf", "oneOf"] as const)("20,000 constants in %s are an enum of them", (keyword) => {
  const some = names.slice(0, 20_000);
  const { ir, checked, enforced } = compileSchema({ [keyword]: some.map((name) => ({ const: name, title: name })) });
  expect([checked, enforced]).toEqual([[], [keyword, "const"].sort()]);
  expect(JSON.stringify(ir)).toBe(JSON.stringify(compileSchema({ enum: some }).ir).replaceAll(/enum/g, keyword));
});

test("a constant that two options of oneOf have is valid for neither", () => {
  const options = Array.from({ length: 30 }, (_, at) => ({ const: at % 29 }));
  const { ir, validate } = compileSchema({ oneOf: options });
  expect([0, 1, 28, 29].map((value) => matchesGrammar(ir, String(value)))).toEqual([false, true, true, false]);
  expect([0, 1, 28, 29].map((value) => validate(value) === null)).toEqual([false, true, true, false]);
});

test("20,000 objects that a schema lists share how they begin", () => {
  const listed = Array.from({ length: 20_000 }, (_, at) => ({ id: at, name: `Nº ${at % 100}` }));
  const { ir } = compileSchema({ enum: listed }, { style: "free" });
  expect(tooWideRule(ir)).toBeNull();
  expect(matchesGrammar(ir, '{ "id" : 4711, "name": "N\\u00ba 11" }')).toBe(true);
  expect(matchesGrammar(ir, '{"id":4711,"name":"Nº 12"}')).toBe(false);
});

test("an expression that is a list of 20,000 words is followed whole", () => {
  const some = names.slice(0, 20_000).map((name) => name.replaceAll('"', ""));
  const { ir, checked } = compileSchema({ type: "string", pattern: `^(?:${some.join("|")})$` });
  expect(checked).toEqual([]);
  expect(accepts(ir, JSON.stringify(some[19_999]))).toBe(true);
  expect(accepts(ir, '"Straße 8 1"')).toBe(false);
});

test("GBNF of many texts has each beginning once", () => {
  const gbnf = emitGbnf(choicesGrammar(Array.from({ length: 5000 }, (_, at) => `Nummer ${at}`)));
  expect(gbnf.match(/Nummer/g)).toHaveLength(1);
});
