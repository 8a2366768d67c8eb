import { expect, it } from "vitest";
import { Pace } from "../../../src/engine/http/pace.js";

interface Simulated {
  /** Requests that it computes at a time, each in `serviceMs`; more of them share what there is. */
  readonly capacity: number;
  readonly serviceMs: number;
  /** More than so many at a time are refused. */
  readonly refusesAbove?: number;
}

/** A server that stands in for one whose speed is known: its clock is the simulation's.
 *  @returns the limit after each request's end */
function simulate(
  pace: Pace,
  { capacity, serviceMs, refusesAbove = Number.POSITIVE_INFINITY }: Simulated,
  requests: number,
) {
  const running: { sentMs: number; endMs: number; isRefused: boolean }[] = [];
  const limits: number[] = [];
  let nowMs = 0;
  for (let at = 0; at < requests; ) {
    while (running.length < pace.limit) {
      const isRefused = running.length >= refusesAbove;
      const load = Math.max(1, (running.length + 1) / capacity);
      running.push({ sentMs: nowMs, endMs: nowMs + (isRefused ? 1 : serviceMs * load), isRefused });
    }
    running.sort((a, b) => b.endMs - a.endMs);
    const first = running.at(-1)!;
    const isFull = running.length >= pace.limit;
    running.pop();
    nowMs = first.endMs;
    if (first.isRefused) pace.overloaded(first.sentMs, nowMs);
    else pace.done(first.sentMs, nowMs, isFull);
    limits.push(pace.limit);
    at++;
  }
  return limits;
}

it.each([4, 32, 200])(
  "as many requests go out at a time as a server with room for %i can compute, and not many times more",
  (capacity) => {
    const limits = simulate(new Pace({ start: 8, most: 4096 }), { capacity, serviceMs: 1000 }, 40_000);
    const late = limits.slice(-5000);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0.8 * capacity);
    expect(Math.max(...late)).toBeLessThanOrEqual(Math.max(20, 6 * capacity));
  },
);

it("a server that refuses more than it holds gets about that many", () => {
  const limits = simulate(
    new Pace({ start: 8, most: 4096 }),
    { capacity: 64, serviceMs: 1000, refusesAbove: 40 },
    40_000,
  );
  const late = limits.slice(-5000);
  expect(Math.max(...late)).toBeLessThanOrEqual(44);
  expect(late.reduce((sum, limit) => sum + limit, 0) / late.length).toBeGreaterThan(20);
});

it("refusals of requests that were sent together halve the number once", () => {
  const pace = new Pace({ start: 64, most: 64 });
  for (let at = 0; at < 10; at++) pace.overloaded(1000, 2000 + at);
  expect(pace.limit).toBe(32);
  pace.overloaded(3000, 3001);
  expect(pace.limit).toBe(16);
});

it("there is always one at a time, and never more than may be", () => {
  const pace = new Pace({ start: 8, most: 10 });
  expect(Math.max(...simulate(pace, { capacity: 1000, serviceMs: 10 }, 2000))).toBe(10);
  for (let at = 0; at < 10; at++) pace.overloaded(10_000_000 * (at + 1), 10_000_000 * (at + 1) + 1);
  expect(pace.limit).toBe(1);
});
