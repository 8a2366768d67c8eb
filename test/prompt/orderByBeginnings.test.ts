import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonLength, orderByBeginnings, sharedTextShare, WINDOW, WindowCutter } from "../../src/prompt/index.js";

/** Texts of few letters, so that many begin alike. */
const alike = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "😀", "\ue000"), maxLength: 12 }), {
  maxLength: 40,
});
const head = "a beginning that is long enough: ";

const sharedWith = (prompts: readonly string[], order: Iterable<number>): number => {
  const sorted = Array.from(order, (place) => prompts[place] as string);
  return sorted.slice(1).reduce((sum, prompt, at) => sum + commonLength(sorted[at] as string, prompt), 0);
};

describe("rows are put in the order that shares the longest beginnings", () => {
  it("brings rows that begin alike together, equal ones in row order", () => {
    const prompts = [`${head}b`, `another ${head}`, `${head}a`, `another ${head}`, `${head}b`];
    expect([...(orderByBeginnings(prompts) ?? [])]).toEqual([2, 0, 4, 1, 3]);
  });

  it("leaves rows in row order where neighbours share less than 16 characters on average", () => {
    expect(orderByBeginnings(["delta one", "alpha two", "delta three", "alpha four"])).toBeNull();
    expect(orderByBeginnings([`${head}b`])).toBeNull();
    expect(orderByBeginnings([])).toBeNull();
    const shared = (length: number) => ["c", "a", "b"].map((end) => "x".repeat(length) + end);
    expect(orderByBeginnings(shared(15))).toBeNull();
    expect([...(orderByBeginnings(shared(16)) ?? [])]).toEqual([1, 2, 0]);
  });

  it("holds every row once, and no other order shares more", () => {
    fc.assert(
      fc.property(alike, fc.integer(), (ends, seed) => {
        const prompts = ends.map((end) => head + end);
        fc.pre(prompts.length > 1);
        const order = orderByBeginnings(prompts);
        expect([...(order ?? [])].sort((a, b) => a - b)).toEqual([...prompts.keys()]);
        const other = [...prompts.keys()].sort((a, b) => ((a * seed) % 17) - ((b * seed) % 17));
        expect(sharedWith(prompts, order ?? [])).toBeGreaterThanOrEqual(sharedWith(prompts, other));
      }),
    );
  });
});

describe("windows keep memory flat", () => {
  it("close at so many rows or so much text, whichever comes first", () => {
    const cutter = new WindowCutter({ rows: 3, characters: 10 });
    const ends = ["a", "b", "c", "d", "long enough", "e", "12345", "12345"].map((prompt) => cutter.endsWith(prompt));
    expect(ends).toEqual([false, false, true, false, true, false, false, true]);
    expect(WINDOW).toEqual({ rows: 4096, characters: 8 * 1024 * 1024 });
  });

  it("share nothing with each other", () => {
    const prompts = ["abcd", "abcd", "abcd", "abcd"];
    expect(sharedTextShare(prompts)).toBe(12 / 16);
    expect(sharedTextShare(prompts, { rows: 2, characters: 100 })).toBe(8 / 16);
    expect(sharedTextShare([])).toBe(0);
  });
});
