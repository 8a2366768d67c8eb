import fc from "fast-check";
import { expect, test } from "vitest";
import { attemptSeed, rowSeed } from "../../src/jobs/index.js";

const jobSeeds = fc.oneof(fc.nat(0xffffffff), fc.maxSafeNat());
const indices = fc.nat(2 ** 31 - 1);

test("a row's seed is the same in every version: a job that one version began may be resumed by the next", () => {
  expect([0, 1, 2].map((index) => rowSeed(42, index, true))).toEqual([1314136786, 1117511062, 1025458496]);
});

test("two rows of a job never have the same seed when each input has its own", () => {
  fc.assert(
    fc.property(
      jobSeeds,
      indices,
      indices,
      (seed, a, b) => a === b || rowSeed(seed, a, true) !== rowSeed(seed, b, true),
    ),
  );
  const seeds = new Set(Array.from({ length: 200_000 }, (_, index) => rowSeed(7, index, true)));
  expect(seeds.size).toBe(200_000);
});

test("all rows have the job's seed unless each input has its own", () => {
  fc.assert(fc.property(fc.nat(0xfffffffe), indices, (seed, index) => rowSeed(seed, index, false) === seed));
});

test("no seed is the one that llama.cpp takes for a random one", () => {
  fc.assert(
    fc.property(jobSeeds, indices, fc.boolean(), (seed, index, perInput) => {
      const found = rowSeed(seed, index, perInput);
      return Number.isInteger(found) && found >= 0 && found < 0xffffffff;
    }),
  );
  expect(rowSeed(0xffffffff, 0, false)).not.toBe(0xffffffff);
});

test("a row's further attempts have seeds of their own, the same in every version", () => {
  expect([0, 1, 2].map((attempt) => attemptSeed(42, attempt))).toEqual([42, 252857877, 1469505264]);
  fc.assert(
    fc.property(fc.nat(0xfffffffe), (seed) => {
      const seeds = Array.from({ length: 11 }, (_, attempt) => attemptSeed(seed, attempt));
      expect(seeds[0]).toBe(seed);
      expect(new Set(seeds.slice(1)).size).toBe(10);
      for (const one of seeds.slice(1)) expect(Number.isInteger(one) && one >= 0 && one < 0xffffffff).toBe(true);
    }),
  );
});

test("neighbouring rows and neighbouring jobs get seeds that differ in about half of their bits", () => {
  const bits = (value: number) => value.toString(2).replaceAll("0", "").length;
  const mean = (pairs: [number, number][]) => pairs.reduce((sum, [a, b]) => sum + bits(a ^ b), 0) / pairs.length;
  const rows = Array.from({ length: 2000 }, (_, i): [number, number] => [rowSeed(1, i, true), rowSeed(1, i + 1, true)]);
  const jobs = Array.from({ length: 2000 }, (_, s): [number, number] => [rowSeed(s, 5, true), rowSeed(s + 1, 5, true)]);
  for (const pairs of [rows, jobs]) {
    expect(mean(pairs)).toBeGreaterThan(14);
    expect(mean(pairs)).toBeLessThan(17);
  }
});
