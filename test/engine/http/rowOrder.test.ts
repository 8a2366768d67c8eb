import fc from "fast-check";
import { expect, it } from "vitest";
import { RowOrder } from "../../../src/engine/http/rowOrder.js";

it("every row is given out once, whoever asks, gives back or falls away", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("take" as const), address: fc.nat(2), lanes: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ kind: fc.constant("again" as const) }),
    fc.record({ kind: fc.constant("giveBack" as const), address: fc.nat(2) }),
  );
  fc.assert(
    fc.property(fc.nat(500), fc.array(step, { maxLength: 60 }), (rows, steps) => {
      const order = new RowOrder<number>(3, () => 0);
      for (let row = 0; row < rows; row++) order.add(row);
      const taken: number[] = [];
      const take = (address: number, lanes: number): boolean => {
        const chunk = order.take(address, lanes, true);
        taken.push(...chunk);
        return chunk.length > 0;
      };
      for (const one of steps) {
        if (one.kind === "take") take(one.address, one.lanes);
        else if (one.kind === "giveBack") order.giveBack(one.address);
        else for (const row of taken.splice(-3)) order.again(row, row % 3);
      }
      while (order.size > 0) expect(take(0, 4)).toBe(true);
      expect(order.take(1, 4, false)).toEqual([]);
      expect([...taken].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
    }),
  );
});

it("neighbours go to the same address, and follow each other there", () => {
  const order = new RowOrder<number>(2, () => 0);
  for (let row = 0; row < 1000; row++) order.add(row);
  const from = (first: number) => Array.from({ length: 16 }, (_, at) => first + at);
  expect(order.take(0, 4, false)).toEqual(from(0));
  expect(order.take(1, 4, false)).toEqual(from(64));
  expect(order.take(0, 4, false)).toEqual(from(16));
});

it("pieces get smaller as the rows run out", () => {
  const order = new RowOrder<number>(1, () => 0);
  for (let row = 0; row < 100; row++) order.add(row);
  const sizes: number[] = [];
  while (order.size > 0) sizes.push(order.take(0, 4, false).length);
  expect(sizes.slice(0, 3)).toEqual([13, 11, 10]);
  expect(sizes.slice(-4)).toEqual([1, 1, 1, 1]);
});

it("a row that failed at one address goes to another, where there is one that takes rows", () => {
  const order = new RowOrder<string>(2, () => 0);
  order.again("a", 0);
  order.again("b", null);
  expect(order.take(0, 4, false)).toEqual(["b"]);
  expect(order.take(0, 4, false)).toEqual([]);
  expect(order.take(1, 4, false)).toEqual(["a"]);
  order.again("c", 0);
  expect(order.take(0, 4, true)).toEqual(["c"]);
});

it("a piece ends where the next row shares least with it", () => {
  const share = (row: string, next: string) => (row[0] === next[0] ? 1 : 0);
  const order = new RowOrder<string>(1, share);
  const rows = ["a", "a", "b", "b", "b", "c", "c", "c", "c", "c", "c", "c"];
  for (const row of rows) order.add(row);
  const pieces: string[] = [];
  while (order.size > 0) pieces.push(order.take(0, 3, true).join(""));
  expect(pieces).toEqual(["aa", "bbb", "cc", "c", "c", "c", "cc"]);
});
