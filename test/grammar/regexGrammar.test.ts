import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longestOutput, matchesGrammar, regexGrammar } from "../../src/grammar/index.js";

const matches = (source: string, text: string) => new RegExp(`^(?:${source})$`, "u").test(text);

describe("an output's regular expression", () => {
  test.each([
    ["(pos|neg)-[0-9]{2}", ["pos-10", "neg-99"], ["pos-1", "xpos-10"]],
    ["^a+$", ["a", "aaa"], ["", "ab"]],
    ["^a|b$", ["a", "b"], ["ab", "aa"]],
    ["a|^b|c$|", ["a", "b", "c", ""], ["bc"]],
    ["(?=.*\\d)(?!.*x)[\\w ]{2,4}", ["a1", "1 23"], ["ab", "x1"]],
    ["\\p{Lu}\\p{Ll}*", ["Ärger", "Å"], ["ärger", "A1"]],
    ["(a?b*)*c", ["c", "abbac"], ["ab"]],
    ["[^]{3}", ["\n\t😀"], ["\n"]],
  ])("is matched from beginning to end: %s", (source, good, bad) => {
    const ir = regexGrammar(source);
    for (const text of good)
      expect([text, matchesGrammar(ir, text), matches(source, text)]).toEqual([text, true, true]);
    for (const text of bad)
      expect([text, matchesGrammar(ir, text), matches(source, text)]).toEqual([text, false, false]);
  });

  test("matches what the runtime's own expressions match", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "(?:a|bb)", "(a)", "(?=b)", "(?!ab)");
    const times = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}?");
    const part = fc
      .tuple(atom, times)
      .map(([one, count]) => (one.startsWith("(?=") || one.startsWith("(?!") ? one : one + count));
    const sequence = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(""));
    const side = fc.tuple(fc.constantFrom("", "^"), sequence, fc.constantFrom("", "$")).map((parts) => parts.join(""));
    const source = fc.array(side, { minLength: 1, maxLength: 3 }).map((sides) => sides.join("|"));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 6 });
    fc.assert(
      fc.property(source, fc.array(text, { minLength: 10, maxLength: 10 }), (expression, texts) => {
        const allowed = texts.filter((one) => matches(expression, one));
        let ir: ReturnType<typeof regexGrammar>;
        try {
          ir = regexGrammar(expression);
        } catch (error) {
          expect(error).toMatchObject({ code: "ROWMILL_UNSATISFIABLE_REGEX" });
          expect(allowed).toEqual([]);
          return;
        }
        for (const one of texts) expect([one, matchesGrammar(ir, one)]).toEqual([one, allowed.includes(one)]);
      }),
      { numRuns: 500 },
    );
  });

  test("counts long repetitions and knows its longest text", () => {
    const ir = regexGrammar("[ab]{5,4000}");
    expect(longestOutput(ir)).toBe(4000);
    expect([4, 5, 4000, 4001].map((length) => matchesGrammar(ir, "a".repeat(length)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(longestOutput(regexGrammar("(yes|no|é)!?"))).toBe(4);
    expect(longestOutput(regexGrammar("a*"))).toBeNull();
  });

  test.each([
    [
      "(",
      "ROWMILL_INVALID_REGEX",
      /^The output's regular expression can't be read: \(: Unterminated group at character 1\.$/,
    ],
    ["(a)\\1", "ROWMILL_UNSUPPORTED_REGEX", /has a back-reference, which no automaton can follow\.$/],
    ["a(?=b)c", "ROWMILL_UNSATISFIABLE_REGEX", /matches no text\.$/],
    ["(?:(?!aa)[ab]){4000}", "ROWMILL_UNSUPPORTED_REGEX", /./],
  ])("that can't be followed is refused in one line: %s", (source, code, message) => {
    let refusal: unknown = null;
    try {
      regexGrammar(source);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((refusal as Error).message).not.toContain("\n");
  });
});
