import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CountedRow } from "../../src/submission/rowCounter.js";
import { SharedTokens } from "../../src/submission/sharedTokens.js";

/** A row whose tokens are its letters. */
const row = (prompt: string): CountedRow => ({
  prompt,
  ids: Uint32Array.from(prompt, (letter) => letter.charCodeAt(0)),
});
const tooLong = (prompt: string): CountedRow => ({ prompt, ids: null });

function sharedTokens(rows: readonly CountedRow[], prefixTokens: number, suffixTokens: number): number {
  const shared = new SharedTokens({ prefixTokens, frameTokens: prefixTokens + suffixTokens });
  shared.add(rows.slice(0, 2));
  shared.add(rows.slice(2));
  return shared.total();
}

const head = "a beginning of thirty letters,";

describe("tokens that rows share", () => {
  it("are the prefix, for all rows but the first", () => {
    expect(sharedTokens(["a", "b", "c", "d"].map(row), 10, 5)).toBe(30);
    expect(sharedTokens([row("a")], 10, 5)).toBe(0);
    expect(sharedTokens([], 10, 5)).toBe(0);
  });

  it("are the common beginning of neighbours too, in the order in which rows are admitted", () => {
    const rows = [`${head}xyz`, `the other ${head}1`, `${head}xya`, `the other ${head}2`];
    // sorted, two by two: 32 letters and 10 in common, none between the pairs
    expect(sharedTokens(rows.map(row), 10, 5)).toBe(3 * 10 + 32 + 40);
  });

  it("are the common beginning of neighbours in row order where rows are not worth sorting", () => {
    expect(sharedTokens(["ab1", "cd", "ab2", "ab3"].map(row), 10, 5)).toBe(3 * 10 + 2);
  });

  it("are all but the last token of a row that stood there before", () => {
    expect(sharedTokens([row(head), row(head)], 10, 5)).toBe(10 + 30 + 5 - 1);
    expect(sharedTokens([row(`${head}and more`), row(head)], 10, 0)).toBe(10 + 30);
    expect(sharedTokens([row(""), row("")], 0, 0)).toBe(0);
  });

  it("are not those of rows that are too long to be run", () => {
    expect(sharedTokens([row(`${head}1`), tooLong(`${head}2`), row(`${head}3`)], 10, 5)).toBe(10 + 30);
  });

  it("are never all tokens of a row, and never fewer than the prefix's", () => {
    const prompts = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(prompts, fc.nat(5), fc.integer({ min: 1, max: 5 }), (texts, prefix, suffix) => {
        const total = sharedTokens(texts.map(row), prefix, suffix);
        const most = texts.map((text) => prefix + text.length + suffix - 1).reduce((sum, one) => sum + one, 0);
        expect(total).toBeLessThanOrEqual(most);
        expect(total).toBeGreaterThanOrEqual(prefix * Math.max(0, texts.length - 1));
      }),
    );
  });
});
