import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withoutStrings } from "../../src/grammar/gbnf/writtenStrings.js";
import type { GrammarIr, IrNode } from "../../src/grammar/ir.js";
import { longestOutput } from "../../src/grammar/measure.js";
import { spelled } from "../../src/grammar/spelling.js";
import { hasCodePoint, intersectionOf, SCALARS, unionOf } from "../../src/language/automata/codePoints.js";
import { compileStrings, type StringFacet } from "../../src/language/strings/stringLanguage.js";
import { accepts } from "./grammarTexts.js";

const hex = (unit: number) => unit.toString(16).padStart(4, "0");

/** Printable ASCII that needs no escape. */
const PLAIN = /^[ !#-[\]-~]$/;

/** All spellings of a character that JSON has. */
function spellings(code: number): string[] {
  const char = String.fromCodePoint(code);
  const units = Array.from({ length: char.length }, (_, index) => char.charCodeAt(index));
  const escaped = units.map((unit) => `\\u${hex(unit)}`).join("");
  const short = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
  }[char];
  const raw = code >= 0x20 && char !== '"' && char !== "\\" ? [char] : [];
  return [
    ...raw,
    escaped,
    escaped.replace(/[a-f]/g, (letter) => letter.toUpperCase()),
    ...(short === undefined ? [] : [short]),
  ];
}

const code = fc.oneof(
  fc.nat(0x7f),
  fc.nat(0xd7ff),
  fc.integer({ min: 0xe000, max: 0xffff }),
  fc.integer({ min: 0x10000, max: 0x10ffff }),
);
const ranges = fc
  .array(fc.tuple(code, fc.nat(5000)), { minLength: 1, maxLength: 4 })
  .map((list) => intersectionOf(SCALARS, unionOf(list.map(([first, more]) => [first, first + more] as const))));

const grammar = (node: IrNode): GrammarIr => ({ root: "root", rules: { root: node } });
const stringOf = (facet: StringFacet): IrNode => ({
  kind: "string",
  content: compileStrings([{ facet, isNegated: false }])!,
});

describe("a set's characters as a JSON string may write them", () => {
  test("have every spelling but escapes of what needs none, and no other character has one", () => {
    fc.assert(
      fc.property(ranges, fc.array(code, { minLength: 10 }), (set, codes) => {
        const ir = grammar(spelled(set));
        for (const one of [...codes, ...set.flat()]) {
          const char = String.fromCodePoint(one);
          for (const text of spellings(one)) {
            const isRight = hasCodePoint(set, one) && (text === char || !PLAIN.test(char));
            expect([one, text, accepts(ir, text)]).toEqual([one, text, isRight]);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("are never half of a surrogate pair", () => {
    const ir = grammar(spelled(SCALARS));
    for (const text of ["\\ud83d", "\\ude00", "\\ud83d\\u0041", "\n", '"', "\\", "\\x", "\\u12"])
      expect(accepts(ir, text)).toBe(false);
  });
});

describe("strings written out as rules", () => {
  test.each<[string, StringFacet, string[], string[]]>([
    [
      "an expression",
      { kind: "pattern", source: "^a[é😀]b$" },
      ['"aéb"', '"a\\u00E9b"', '"a\\ud83d\\ude00b"'],
      ['"ab"', '"aéb', '"\\u0061éb"'],
    ],
    ["a length", { kind: "length", min: 1, max: 2 }, ['"a"', '"\\n😀"'], ['""', '"abc"', '"\n"']],
    ["a list", { kind: "values", values: ["a", "ab", ""] }, ['""', '"a"', '"ab"'], ['"b"', '"abc"', '"\\u0061b"']],
  ])("accept %s as the automaton does", (_, facet, right, wrong) => {
    const ir = withoutStrings({
      root: "root",
      rules: { root: stringOf(facet), char: { kind: "text", text: "taken" } },
    });
    expect(right.filter((text) => !accepts(ir, text))).toEqual([]);
    expect(wrong.filter((text) => accepts(ir, text))).toEqual([]);
  });

  test("share the rules of an automaton that stands twice", () => {
    const one = stringOf({ kind: "pattern", source: "^[a-z]{3}$" });
    const ir: GrammarIr = { root: "root", rules: { root: { kind: "seq", parts: [one, one] } } };
    expect(Object.keys(withoutStrings(ir).rules)).toHaveLength(1 + 4);
  });

  test("have a longest text where nothing goes round in a circle, each character in its longest spelling", () => {
    expect(longestOutput(grammar(stringOf({ kind: "pattern", source: "^a{2,3}$" })))).toBe(2 + 3);
    expect(longestOutput(grammar(stringOf({ kind: "pattern", source: "^[a-\\x7f]{2}$" })))).toBe(2 + 2 * 6);
    expect(longestOutput(grammar(stringOf({ kind: "pattern", source: "^[!-#]$" })))).toBe(2 + 6);
    expect(longestOutput(grammar(stringOf({ kind: "pattern", source: "^(a|😀b)$" })))).toBe(2 + 12 + 1);
    expect(longestOutput(grammar(stringOf({ kind: "pattern", source: "^a+$" })))).toBeNull();
    expect(longestOutput(grammar(stringOf({ kind: "length", min: 0, max: 5 })))).toBe(2 + 5 * 12);
    expect(longestOutput(grammar(stringOf({ kind: "length", min: 0, max: Number.POSITIVE_INFINITY })))).toBeNull();
  });
});
