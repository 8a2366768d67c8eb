import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasCodePoint } from "../../../src/language/automata/codePoints.js";
import type { Dfa } from "../../../src/language/automata/dfa.js";
import { propertyRanges, WHITE } from "../../../src/language/expressions/characterClasses.js";
import { parsePattern, UnsupportedPattern } from "../../../src/language/expressions/pattern.js";
import { searchAutomaton, wholeAutomaton } from "../../../src/language/expressions/patternLanguage.js";

const LIMIT = 2000;

function dfaOf(source: string): Dfa {
  const dfa = searchAutomaton(parsePattern(source), LIMIT);
  if (dfa === null) throw new Error(`too large: ${source}`);
  return dfa;
}

/** null for what is too large or can't be followed, as a random expression may be. */
function tryDfaOf(source: string): Dfa | null {
  try {
    return searchAutomaton(parsePattern(source), LIMIT);
  } catch (error) {
    if (error instanceof UnsupportedPattern) return null;
    throw error;
  }
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
const assertion = fc.constantFrom(
  "\\b",
  "\\B",
  "^",
  "$",
  "(?=a)",
  "(?!b)",
  "(?<=a)",
  "(?<!\\w)",
  "(?<=^|ab)",
  "(?!.*--)",
);
const quantifier = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}", "+?");
const { expression, plain } = fc.letrec((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(atom, quantifier).map(([one, many]) => one + many),
    fc.tuple(tie("plain"), tie("plain")).map(([left, right]) => `${left}${right}`),
    fc.tuple(tie("plain"), tie("plain")).map(([left, right]) => `(?:${left}|${right})`),
    fc.tuple(tie("plain"), quantifier).map(([body, many]) => `(${body})${many}`),
  ),
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(atom, quantifier).map(([one, many]) => one + many),
    assertion,
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `${left}${right}`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `(?:${left}|${right})`),
    fc.tuple(tie("expression"), quantifier).map(([body, many]) => `(?<!x)(${body})${many}`),
    fc.tuple(tie("expression"), quantifier).map(([body, many]) => `(${body})${many}`),
    fc.tuple(fc.constantFrom("?=", "?!"), tie("expression")).map(([kind, body]) => `(${kind}${body})`),
    fc.tuple(fc.constantFrom("?<=", "?<!"), tie("plain")).map(([kind, body]) => `(${kind}${body})`),
  ),
})) as { expression: fc.Arbitrary<string>; plain: fc.Arbitrary<string> };
const anchored = fc
  .tuple(fc.constantFrom("", "^"), expression, fc.constantFrom("", "$"))
  .map((parts) => parts.join(""));
const words = fc.string({ unit: fc.constantFrom("a", "b", "0", "-", ".", "é", " ", "\n", "𝒳"), maxLength: 8 });

describe("a regular expression as an automaton", () => {
  test.each([
    ["plain expressions", plain, words],
    // V8 looks for \B between the halves of a surrogate pair, too
    ["expressions with assertions", anchored, words.map((word) => word.replaceAll("𝒳", "x"))],
  ])("agrees with the runtime's own matcher on %s", (_, sources, inputsOf) => {
    let compared = 0;
    fc.assert(
      fc.property(sources, fc.array(inputsOf, { minLength: 10, maxLength: 20 }), (source, inputs) => {
        const dfa = tryDfaOf(source);
        fc.pre(dfa !== null);
        const matcher = new RegExp(source, "u");
        for (const input of inputs) {
          expect([source, input, dfa.accepts(input)]).toEqual([source, input, matcher.test(input)]);
          compared++;
        }
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  test("agrees with it on whole texts", () => {
    fc.assert(
      fc.property(plain, fc.array(words, { minLength: 10 }), (source, inputs) => {
        const dfa = wholeAutomaton(parsePattern(source), LIMIT);
        fc.pre(dfa !== null);
        const matcher = new RegExp(`^(?:${source})$`, "u");
        for (const input of inputs)
          expect([source, input, dfa.accepts(input)]).toEqual([source, input, matcher.test(input)]);
      }),
      { numRuns: 100 },
    );
  });

  test.each<[string, string, string[], string[]]>([
    ["a look-ahead at each character", "^((?!clyde).)*$", ["", "bonnie", "clyd"], ["clyde", "a clyde b"]],
    ["a start within a group", "^(?:(^|, )\\w+)+$", ["a", "a, b", ", a"], ["a,b", ",a"]],
    ["a look-behind", "(?<=[$€])\\d+", ["$5", "x€10"], ["5", "£5"]],
    ["a look-behind that must not be", "^\\w+(?<!-foo|bar)$", ["foo", "ba"], ["bar", "xbar"]],
    ["a word that must not end", "\\bcat\\B", ["cats", "a cats"], ["cat", "bobcats"]],
    ["an assertion that need not hold", "^(?:(?=b)|a)*c", ["c", "aac"], ["bc"]],
    ["a named group", "^(?<year>\\d{4})-\\d\\d$", ["2020-10"], ["20-10"]],
    ["escapes", "^\\x41\\cJ\\0\\u{1F600}\\/$", ["A\n\0😀/"], ["A"]],
    ["a class of what is none", "^[^]$|^[]$", ["a", "\n"], ["", "ab"]],
  ])("understands %s", (_, source, right, wrong) => {
    const dfa = dfaOf(source);
    for (const one of [...right, ...wrong])
      expect([one, new RegExp(source, "u").test(one)]).toEqual([one, right.includes(one)]);
    expect(right.filter((one) => !dfa.accepts(one))).toEqual([]);
    expect(wrong.filter((one) => dfa.accepts(one))).toEqual([]);
  });

  test.each([
    ["^4\\-\\d", ["4-1"], ["4\\-1"]],
    [".*\\{\\{.+}}.*", ["{{a}}"], ["{{}}"]],
    ["^[\\w-.]+$", ["a-b.c"], ["a b"]],
    ["^\\%{2$", ["%{2"], ["%%"]],
    ["^[[a-z]*]*$", ["[a]", "a]]"], ["A"]],
    ["^\\101\\1\\8$", ["A\u00018"], ["1018"]],
    ["^\\u{3}\\x\\c\\kp\\p{L}$", ["uuux\\ckpp{L}"], ["L"]],
    ["^(?=a)*b\\-$", ["b-"], ["ab-"]],
    ["[\\c_]\\-", ["\u001f-"], ["a-", "_-"]],
  ])("reads %s in the older grammar, as the runtime does without the flag u", (source, right, wrong) => {
    expect(() => new RegExp(source, "u")).toThrow(SyntaxError);
    const dfa = dfaOf(source);
    for (const one of [...right, ...wrong])
      expect([one, new RegExp(source).test(one)]).toEqual([one, right.includes(one)]);
    expect(right.filter((one) => !dfa.accepts(one))).toEqual([]);
    expect(wrong.filter((one) => dfa.accepts(one))).toEqual([]);
  });

  test("means the same characters by a class as the runtime does", () => {
    const matchers = new Map([
      ["\\s", WHITE],
      ...["L", "Lu", "Script=Greek", "White_Space", "Cn", "Noncharacter_Code_Point", "ASCII"].map(
        (name) => [`\\p{${name}}`, propertyRanges(name)] as const,
      ),
    ]);
    for (const [source, ranges] of matchers) {
      const matcher = new RegExp(`^${source}$`, "u");
      const wrong: number[] = [];
      for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        if (hasCodePoint(ranges, code) !== matcher.test(String.fromCodePoint(code))) wrong.push(code);
      }
      expect([source, wrong]).toEqual([source, []]);
    }
  });

  test("has no states for an end before the start", () => {
    expect(dfaOf("b$a").stateCount).toBe(0);
    expect(dfaOf("a(?<!a)").stateCount).toBe(0);
  });

  test.each([
    ["(a)\\1", "back-reference"],
    ["(?<x>a)\\k<x>", "back-reference"],
    ["(?<=(?=a).)b", "look-around within a look-behind"],
    [`${"(".repeat(201)}a${")".repeat(201)}`, "200 deep"],
  ])("%s is refused, with its %s named", (source, name) => {
    expect(() => dfaOf(source)).toThrow(name);
    expect(() => dfaOf(source)).toThrow(UnsupportedPattern);
  });

  test("what is no regular expression is a syntax error", () => {
    for (const source of ["a(", "[", "(?<", "a{2,1}", "\\", "(?i)a"])
      expect(() => parsePattern(source)).toThrow(SyntaxError);
  });

  test("gives up beyond the limit of states instead of growing without end", () => {
    expect(searchAutomaton(parsePattern("^[ab]*a[ab]{14}$"), 300)).toBeNull();
    expect(searchAutomaton(parsePattern("^(a{1000}){1000}$"), 5000)).toBeNull();
    expect(searchAutomaton(parsePattern("^(?:(?:a|b)?){500}(?!.{9}c)x$"), 2000)).not.toBeUndefined();
  });
});
