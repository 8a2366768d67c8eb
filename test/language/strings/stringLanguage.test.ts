import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compileStrings,
  isStringIn,
  type StringFacet,
  type StringLiteral,
  UnsupportedString,
} from "../../../src/language/strings/stringLanguage.js";

const is = (facet: StringFacet): StringLiteral => ({ facet, isNegated: false });
const isNot = (facet: StringFacet): StringLiteral => ({ facet, isNegated: true });
const pattern = (source: string): StringFacet => ({ kind: "pattern", source });
const values = (...list: string[]): StringFacet => ({ kind: "values", values: list });
const length = (min: number, max = Number.POSITIVE_INFINITY): StringFacet => ({ kind: "length", min, max });

function accepts(literals: readonly StringLiteral[], value: string): boolean {
  const content = compileStrings(literals);
  if (content === null) return false;
  const { automaton, min, max } = content;
  const count = [...value].length;
  return automaton === null ? min <= count && count <= (max ?? Number.POSITIVE_INFINITY) : automaton.accepts(value);
}

/** What a literal says, by the runtime's own means. */
function holds({ facet, isNegated }: StringLiteral, value: string): boolean {
  const count = [...value].length;
  switch (facet.kind) {
    case "pattern":
      return new RegExp(facet.source, "u").test(value) !== isNegated;
    case "values":
      return facet.values.includes(value) !== isNegated;
    case "length":
      return (facet.min <= count && count <= facet.max) !== isNegated;
    case "format":
      throw new Error("formats have tests of their own");
  }
}

const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "😀"), maxLength: 6 });
const facet: fc.Arbitrary<StringFacet> = fc.oneof(
  fc
    .constantFrom("a", "^a", "b$", "^[ab]*$", "(ab)+", "^.{2,4}$", "^(?!a)", "c|é", "^(a|bb)*c?$", "[^a]$", "\\ba")
    .map(pattern),
  fc.array(word, { maxLength: 4 }).map((list) => values(...list)),
  fc.tuple(fc.nat(3), fc.option(fc.nat(4))).map(([min, more]) => length(min, more === null ? undefined : min + more)),
);
const literals = fc.array(fc.record({ facet, isNegated: fc.boolean() }), { maxLength: 4 });

describe("strings for which several conditions hold", () => {
  test("are exactly those for which each of them holds", () => {
    fc.assert(
      fc.property(literals, fc.array(word, { minLength: 20, maxLength: 30 }), (said, words) => {
        const listed = said.flatMap((one) => (one.facet.kind === "values" ? one.facet.values : []));
        for (const one of [...words, ...listed, ""]) {
          const isIn = said.every((literal) => holds(literal, one));
          expect([said, one, accepts(said, one)]).toEqual([said, one, isIn]);
          expect([said, one, isStringIn(said, one)]).toEqual([said, one, isIn]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("have no automaton where only lengths matter", () => {
    expect(compileStrings([])).toEqual({ automaton: null, min: 0, max: null });
    expect(compileStrings([is(length(2)), is(length(0, 9))])).toEqual({ automaton: null, min: 2, max: 9 });
    expect(compileStrings([isNot(length(3)), is(length(1))])).toEqual({ automaton: null, min: 1, max: 2 });
    expect(compileStrings([isNot(length(0, 4))])).toEqual({ automaton: null, min: 5, max: null });
    expect(compileStrings([isNot(length(0))])).toBeNull();
  });

  test("are none where they contradict each other", () => {
    expect(compileStrings([is(pattern("^a{5}$")), is(length(0, 3))])).toBeNull();
    expect(compileStrings([is(pattern("^a")), is(pattern("^b"))])).toBeNull();
    expect(compileStrings([is(values("a", "b")), isNot(pattern("[a-z]"))])).toBeNull();
  });

  test("count no characters that the expression counts by itself", () => {
    const plain = compileStrings([is(pattern("^[a-z]{3,40}$"))])!.automaton!;
    const counted = compileStrings([is(pattern("^[a-z]{3,40}$")), is(length(1, 100_000))])!.automaton!;
    expect(counted.stateCount).toBe(plain.stateCount);
  });

  test("are the same automaton each time, in whatever order they are said", () => {
    const [first, second] = [is(pattern("^x+$")), isNot(values("xx", "x"))];
    const automaton = compileStrings([first, second])!.automaton;
    expect(compileStrings([second, first, first])!.automaton).toBe(automaton);
    expect(compileStrings([first, isNot(values("x", "xx"))])!.automaton).toBe(automaton);
  });

  test("with a thousand names taken are told from them", () => {
    const names = Array.from({ length: 1000 }, (_, index) => `name${index}`);
    const others = [isNot(values(...names))];
    expect(names.some((name) => accepts(others, name))).toBe(false);
    expect(["name", "name1000", "", "x"].every((name) => accepts(others, name))).toBe(true);
  });

  test.each([
    ["(a)\\1", "back-reference"],
    ["(", "no regular expression"],
    ["(?:a?){30000}b{30000}", "states"],
    ["^(a{1000}){1000}$", "states"],
  ])("are refused with %s, and the reason is named", (source, reason) => {
    expect(() => compileStrings([is(pattern(source))])).toThrow(UnsupportedString);
    expect(() => compileStrings([is(pattern(source))])).toThrow(reason);
  });

  test("are refused where expression and length together need too many states", () => {
    const counted = [is(pattern("^(?:\\S+\\s+){0,99}\\S+$")), is(length(0, 5000))];
    expect(() => compileStrings(counted)).toThrow(UnsupportedString);
  });

  test("never run out of stack, however deep or long an expression is", () => {
    for (const source of [
      "(".repeat(5000) + ")".repeat(5000),
      "a?".repeat(20_000),
      `${"a|".repeat(20_000)}b`,
      "(a".repeat(150) + ")*".repeat(150),
    ]) {
      try {
        compileStrings([is(pattern(source))]);
      } catch (error) {
        expect(error).toBeInstanceOf(UnsupportedString);
      }
    }
  });
});
