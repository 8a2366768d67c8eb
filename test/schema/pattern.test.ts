import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildDfa } from "../../src/schema/derivatives.js";
import type { Dfa } from "../../src/schema/dfa.js";
import { Languages } from "../../src/schema/language.js";
import { parsePattern, UnsupportedPattern } from "../../src/schema/pattern.js";
import { languageOf } from "../../src/schema/patternLanguage.js";
import { stringsOf } from "../../src/schema/strings.js";

function dfaOf(source: string, minLength = 0, maxLength = Number.POSITIVE_INFINITY): Dfa {
  const dfa = tryDfaOf(source, minLength, maxLength);
  if (dfa === null) throw new Error(`too large: ${source}`);
  return dfa;
}

function tryDfaOf(source: string, minLength = 0, maxLength = Number.POSITIVE_INFINITY): Dfa | null {
  const languages = new Languages();
  const language = languageOf(languages, parsePattern(source));
  return buildDfa(languages, languages.and(stringsOf(languages, minLength, maxLength), language), 500);
}

function runs(dfa: Dfa, input: string): boolean {
  return dfa.accepts(input);
}

const atom = fc.constantFrom(
  "a",
  "b",
  "0",
  "-",
  ".",
  "\\d",
  "\\w",
  "\\W",
  "\\s",
  "[ab]",
  "[^a]",
  "[a-z0-9]",
  "\\u00e9",
  "é",
  "\\.",
  "[\\d-]",
  "\\n",
  "𝒳",
  "\\p{L}",
);
const quantifier = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}", "+?");
const { expression } = fc.letrec((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(atom, quantifier).map(([one, many]) => one + many),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `${left}${right}`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `(?:${left}|${right})`),
    fc.tuple(tie("expression"), quantifier).map(([body, many]) => `(${body})${many}`),
  ),
})) as { expression: fc.Arbitrary<string> };
const anchored = fc
  .tuple(
    fc.constantFrom("", "^", "^", "(?:^|-)"),
    fc.constantFrom("", "(?!a)", "(?=.*b)", "(?!.*--)", "(?!ab$)"),
    expression,
    fc.constantFrom("", "$", "$", "(?:$|b)", "(?=a)", "(?!.)"),
  )
  .map((parts) => parts.join(""));
const words = fc.string({ unit: fc.constantFrom("a", "b", "0", "-", ".", "é", " ", "\n", "𝒳"), maxLength: 8 });

/** Ends a search and its shrinking, which outlive a test's own time limit. */
const interruptAfterTimeLimit = 20_000;

describe("a regular expression as an automaton", () => {
  test("agrees with the runtime's own matcher", () => {
    fc.assert(
      fc.property(anchored, fc.array(words, { minLength: 10, maxLength: 20 }), (source, inputs) => {
        const dfa = tryDfaOf(source);
        fc.pre(dfa !== null);
        const expression = new RegExp(source, "u");
        for (const input of inputs)
          expect([source, input, runs(dfa, input)]).toEqual([source, input, expression.test(input)]);
      }),
      { numRuns: 300, interruptAfterTimeLimit },
    );
  });

  test("counts code points when joined with a length", () => {
    fc.assert(
      fc.property(
        expression,
        fc.array(words, { minLength: 10 }),
        fc.nat(3),
        fc.nat(4),
        (source, inputs, least, more) => {
          const dfa = tryDfaOf(`^(?:${source})$`, least, least + more);
          fc.pre(dfa !== null);
          const expression = new RegExp(`^(?:${source})$`, "u");
          for (const input of inputs) {
            const length = [...input].length;
            const isIn = expression.test(input) && length >= least && length <= least + more;
            expect([source, input, runs(dfa, input)]).toEqual([source, input, isIn]);
          }
        },
      ),
      { numRuns: 200, interruptAfterTimeLimit },
    );
  });

  test.each([
    ["a pattern that contradicts its length", "^a{5}$", 0, 3],
    ["an end before the start", "b$a", 0, 9],
  ])("has no states for %s", (_, source, least, most) => {
    expect(dfaOf(source, least, most)).toEqual([]);
  });

  test.each([
    ["(a)\\1", "back-reference"],
    ["(?<=a)b", "look-behind"],
    ["\\bword\\b", "word boundary"],
    ["(?:(?=a)a)*b", "repeated group"],
  ])("%s is refused, with its %s named", (source, name) => {
    expect(() => dfaOf(source)).toThrow(name);
    expect(() => dfaOf(source)).toThrow(UnsupportedPattern);
  });

  test("what is no regular expression is a syntax error", () => {
    expect(() => parsePattern("a(")).toThrow(SyntaxError);
  });

  test("gives up beyond the limit of states instead of growing without end", () => {
    const languages = new Languages();
    const language = languageOf(languages, parsePattern("^[ab]*a[ab]{14}$"));
    expect(buildDfa(languages, languages.and(stringsOf(languages), language), 300)).toBeNull();
  });
});
