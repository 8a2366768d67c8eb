import { describe, expect, it } from "vitest";
import { engineTraits } from "../../src/engine/index.js";
import { type JobFacts, needsOf } from "../../src/schedule/needs.js";
import type { MachineBounds } from "../../src/schedule/plan.js";

const GB = 1e9;
const FACTS: JobFacts = {
  ...{
    engine: engineTraits("native"),
    weightBytes: GB,
    kvBytesPerToken: 10_000,
    computeBytes: 100e6,
    contextLength: 32_768,
  },
  ...{ vocabularySize: 32_000, rows: 1000, longestTokens: 300, frameTokens: 50 },
};
const HOST: MachineBounds = {
  ...{ cores: 8, memoryBytes: 16 * GB, freeMemoryBytes: 8 * GB, vramBytes: 0, freeVramBytes: 0, unifiedVramBytes: 0 },
};
const card = (gigabytes: number) => ({ ...HOST, vramBytes: gigabytes * GB, freeVramBytes: 0 });
const none = { workers: 0, threads: 0, slots: 0 };

describe("what a job needs at least", () => {
  it("is the memory of one slot in one worker, however much is free, and more only where it was asked for", () => {
    const { memoryBytes } = needsOf(FACTS, HOST, none);
    expect(memoryBytes).toBeLessThan(1.2 * GB);
    expect(needsOf(FACTS, { ...HOST, freeMemoryBytes: 1 }, none).memoryBytes).toBe(memoryBytes);
    expect(needsOf(FACTS, HOST, { ...none, slots: 64 }).memoryBytes).toBeGreaterThan(memoryBytes);
  });

  it("is any core, or those that were asked for, as far as there are", () => {
    const cores = (workers: number, threads: number, on = HOST) => {
      const { leastCores, mostCores } = needsOf(FACTS, on, { workers, threads, slots: 0 });
      return [leastCores, mostCores];
    };
    expect(cores(0, 0)).toEqual([1, 8]);
    expect(cores(2, 3)).toEqual([6, 6]);
    expect(cores(3, 0)).toEqual([3, 8]);
    expect(cores(4, 4)).toEqual([8, 8]);
    expect(cores(0, 0, card(24))).toEqual([1, 1]);
  });

  it("is taken from where the model runs", () => {
    const place = (name: JobFacts["engine"]["name"], on: MachineBounds) =>
      needsOf({ ...FACTS, engine: engineTraits(name) }, on, none).place;
    expect(place("native", HOST)).toBe("host");
    // the GPU that is full now will have room; one that is too small never
    expect(place("native", card(24))).toBe("gpu");
    expect(place("native", card(0.5))).toBe("host");
    expect(place("node-llama-cpp", card(24))).toBe("spread");
    expect(place("native", { ...card(24), unifiedVramBytes: 24 * GB })).toBe("unified");
    expect(place("node-llama-cpp", { ...card(24), unifiedVramBytes: 24 * GB })).toBe("host");
  });
});
