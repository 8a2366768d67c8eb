import fc from "fast-check";
import { expect, test } from "vitest";
import { inOrder, PartSets } from "../../src/language/expressions/partSets.js";
import { RowNumbers } from "../../src/language/numbers/integerRows.js";
import { PairNumbers } from "../../src/language/pairNumbers.js";

test("rows are found again under the number that they were given first", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 3, maxLength: 3 })), (rows) => {
      const numbers = new RowNumbers(3);
      const known = new Map<string, number>();
      rows.forEach((row, at) => {
        if (!known.has(row.join())) known.set(row.join(), at);
        numbers.row.set(row);
        expect(numbers.of(at)).toBe(known.get(row.join()));
      });
    }),
    { numRuns: 60 },
  );
});

test("parts are put in order once each, and what was made of them is found again", () => {
  const all = Array.from({ length: 12 }, (_, id) => ({ id }));
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom(...all), { maxLength: 8 })), (lists) => {
      const sets = new PartSets<{ id: number }, { parts: readonly { id: number }[] }>();
      const known = new Map<string, unknown>();
      for (const list of lists) {
        const parts = inOrder([...list]);
        expect(parts.map(({ id }) => id)).toEqual([...new Set(list.map(({ id }) => id))].sort((a, b) => a - b));
        const key = parts.map(({ id }) => id).join();
        const made = sets.of(parts, (own) => ({ parts: own }));
        expect(made.parts).toEqual(parts);
        expect(known.get(key) ?? made).toBe(made);
        known.set(key, made);
      }
      expect(new Set(known.values()).size).toBe(known.size);
    }),
    { numRuns: 60 },
  );
});

test("pairs have the numbers of their first sight", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: -1, max: 40 })), { maxLength: 3000 }), (pairs) => {
      const numbers = new PairNumbers();
      const known = new Map<string, number>();
      for (const [left, right] of pairs) {
        const key = `${left} ${right}`;
        if (!known.has(key)) known.set(key, known.size);
        expect(numbers.of(left, right)).toBe(known.get(key));
      }
      expect(numbers.size).toBe(known.size);
    }),
    { numRuns: 60 },
  );
});
