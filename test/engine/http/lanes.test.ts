import { expect, it } from "vitest";
import { Lanes } from "../../../src/engine/http/lanes.js";

it("each slot gets one request before any gets two, and none gets three", () => {
  const lanes = new Lanes<number>(3);
  const slots = Array.from({ length: 7 }, () => lanes.take()?.slot);
  expect(slots).toEqual([0, 1, 2, 0, 1, 2, undefined]);
});

it("a lane that was given back is taken again", () => {
  const lanes = new Lanes<number>(1);
  const [first, second] = [lanes.take(), lanes.take()];
  expect(first).toBe(second);
  expect(lanes.take()).toBe(null);
  if (first !== null) lanes.give(first);
  expect(lanes.take()).toBe(first);
});

it("without slots there are as many lanes as are asked for, each a sequence of its own", () => {
  const lanes = new Lanes<number>(null);
  const [first, second] = [lanes.take(), lanes.take()];
  expect(first).not.toBe(second);
  expect(first?.slot).toBe(null);
  expect([lanes.countFor(9), new Lanes(4).countFor(9)]).toEqual([9, 4]);
});

it("a lane without work takes the last row of the one that has most left", () => {
  const lanes = new Lanes<number>(2);
  const [first, second] = [lanes.take(), lanes.take()];
  if (first !== null) first.rows = [1, 2, 3];
  if (second !== null) second.rows = [4];
  expect([lanes.steal(), lanes.steal(), first?.rows]).toEqual([[3], [2], [1]]);
  lanes.steal();
  lanes.steal();
  expect(lanes.steal()).toEqual([]);
});
