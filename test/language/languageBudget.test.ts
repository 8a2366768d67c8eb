import { expect, test } from "vitest";
import { withinLanguageBudget } from "../../src/language/languageBudget.js";
import { compileNumbers, UnsupportedNumber } from "../../src/language/numbers/numberLanguage.js";
import { compileStrings, UnsupportedString } from "../../src/language/strings/stringLanguage.js";

const multiple = (value: number) => ({ kind: "multipleOf", value, isNegated: true }) as const;
const pattern = (source: string) => ({ facet: { kind: "pattern", source } as const, isNegated: false });

test("automata that a compilation has no room for are refused, those that it paid for stay", () => {
  withinLanguageBudget(1_000_000, () => {
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
