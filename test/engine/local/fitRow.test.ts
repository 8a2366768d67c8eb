import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitRow, RowTooLongError } from "../../../src/engine/local/fitRow.js";

describe("a row is fitted into a slot", () => {
  it("is not copied when it fits", () => {
    const row = Uint32Array.of(1, 2, 3);
    expect(fitRow(row, 3, false)).toBe(row);
  });

  it("keeps its beginning when it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(70000), { maxLength: 60 }), fc.nat(60), (tokens, capacity) => {
        const fitted = fitRow(Uint32Array.from(tokens), capacity, true);
        expect(fitted.length).toBe(Math.min(tokens.length, capacity));
        expect([...fitted]).toEqual(tokens.slice(0, capacity));
      }),
    );
  });

  it("is an error with both numbers when it may not be cut", () => {
    expect(() => fitRow(new Uint32Array(10), 4, false)).toThrowError(RowTooLongError);
    expect(() => fitRow(new Uint32Array(10), 4, false)).toThrowError(/10 tokens and only 4 fit/);
  });
});
