import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engineTraits } from "../../src/engine/index.js";
import { fitsMemory, type PlanFacts, placeJob, planJob } from "../../src/schedule/plan.js";

const GB = 1024 ** 3;
const facts = (change: Partial<PlanFacts>): PlanFacts => ({
  engine: engineTraits("native"),
  cores: 2,
  freeBytes: 16 * GB,
  weightBytes: 0.006 * GB,
  kvBytesPerToken: 6144,
  computeBytes: 0.03 * GB,
  contextLength: 2048,
  vocabularySize: 4096,
  hasGpu: false,
  rows: 10_000,
  longestTokens: 300,
  frameTokens: 40,
  ...change,
});
const none = { workers: 0, threads: 0, slots: 0 };

describe("the planner", () => {
  it("gives a small model one worker of one thread a core", () => {
    expect(planJob(facts({}), none)).toMatchObject({ workers: 2, threads: 1, slotTokens: 300 });
    expect(planJob(facts({ cores: 16 }), none)).toMatchObject({ workers: 16, threads: 1 });
  });

  it("gives a large model several threads a worker", () => {
    const large = facts({ cores: 16, freeBytes: 64 * GB, weightBytes: 4 * GB });
    expect(planJob(large, none)).toMatchObject({ workers: 4, threads: 4 });
  });

  it("leaves a core of each worker's share to the reference engine's event loop", () => {
    const large = facts({ engine: engineTraits("node-llama-cpp"), cores: 16, freeBytes: 64 * GB, weightBytes: 4 * GB });
    expect(planJob(large, none)).toMatchObject({ workers: 4, threads: 3 });
  });

  it("counts the weights once for the native engine, and once a worker for the reference engine", () => {
    const two = { workers: 2, threads: 1, slots: 16 };
    const native = planJob(facts({ weightBytes: GB }), two).memoryBytes;
    const reference = planJob(facts({ weightBytes: GB, engine: engineTraits("node-llama-cpp") }), two).memoryBytes;
    expect(reference - native).toBeCloseTo(GB - 2 * 40 * 6144, -3);
  });

  it("gives a small model few slots, a large one more", () => {
    expect(planJob(facts({}), none).slots).toBe(2);
    expect(planJob(facts({ weightBytes: 4 * GB }), none).slots).toBe(16);
    expect(planJob(facts({ engine: engineTraits("node-llama-cpp") }), none).slots).toBe(16);
  });

  it("gives a GPU one worker, and has it sample", () => {
    const plan = planJob(facts({ hasGpu: true, cores: 16 }), none);
    expect(plan).toMatchObject({ workers: 1, slots: 64, samplesInGraph: true });
    expect(planJob(facts({}), none).samplesInGraph).toBe(false);
  });

  it("never computes on more threads than there are cores", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 128 }),
        fc.double({ min: 0.001, max: 80, noNaN: true }),
        (cores, gigabytes) => {
          const plan = planJob(facts({ cores, weightBytes: gigabytes * GB, freeBytes: 512 * GB }), none);
          expect(plan.workers * plan.threads).toBeLessThanOrEqual(cores);
        },
      ),
    );
  });

  it("plans with no more memory than is free, down to one slot in one worker", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 64, noNaN: true }),
        fc.double({ min: 0.01, max: 40, noNaN: true }),
        (free, weights) => {
          const plan = planJob(facts({ freeBytes: free * GB, weightBytes: weights * GB, longestTokens: 2000 }), none);
          const isSmallest = plan.workers === 1 && plan.slots === 1;
          expect(plan.memoryBytes <= free * GB || isSmallest).toBe(true);
        },
      ),
    );
  });

  it("has no more workers and slots than rows", () => {
    expect(planJob(facts({ rows: 1, cores: 8 }), none)).toMatchObject({ workers: 1, slots: 1 });
    expect(planJob(facts({ rows: 3 }), none)).toMatchObject({ workers: 2, slots: 2 });
  });

  it("does what it is told", () => {
    expect(planJob(facts({}), { workers: 1, threads: 2, slots: 5 })).toMatchObject({
      workers: 1,
      threads: 2,
      slots: 5,
    });
  });

  it("takes no more workers than the cores bear with the threads that were asked for", () => {
    const threads = (count: number, change: Partial<PlanFacts>) => planJob(facts(change), { ...none, threads: count });
    expect(threads(2, {})).toMatchObject({ workers: 1, threads: 2 });
    expect(threads(3, { cores: 16 })).toMatchObject({ workers: 5, threads: 3 });
    expect(threads(8, { cores: 16, weightBytes: 4 * GB })).toMatchObject({ workers: 2, threads: 8 });
    expect(threads(4, { cores: 2 })).toMatchObject({ workers: 1, threads: 4 });
  });

  it("says why", () => {
    expect(planJob(facts({}), none).reasons.join("\n")).toMatch(/workers of one thread on 2 cores/);
  });
});

/** As nvidia-smi lists them: a card's memory, of which its driver keeps some. */
const MIB = 1024 ** 2;
const RTX_4090 = { vramBytes: 24_564 * MIB, freeVramBytes: 23_900 * MIB };
const H200 = { vramBytes: 143_771 * MIB, freeVramBytes: 142_900 * MIB };
const HOST = { cores: 16, memoryBytes: 64 * GB, freeMemoryBytes: 50 * GB, unifiedVramBytes: 0 };
const NO_GPU = { ...HOST, vramBytes: 0, freeVramBytes: 0 };

describe("a job's place", () => {
  const { hasGpu: _, freeBytes: __, ...shared } = facts({ cores: 16 });
  /** Q8_0, 32 layers, 8 of 32 heads with keys and values of 128 in 16 bits. */
  const eightB = {
    ...shared,
    ...{ weightBytes: 8.5e9, kvBytesPerToken: 131_072, computeBytes: 0.6e9, longestTokens: 3000 },
    vocabularySize: 128_256,
  };
  const thirtyB = { ...eightB, weightBytes: 30e9 };

  it("is the GPU that holds it, by the GPU's memory and not the machine's", () => {
    for (const card of [RTX_4090, H200]) {
      const placed = placeJob(eightB, { ...HOST, freeMemoryBytes: GB, ...card }, none, true);
      expect(placed).toMatchObject({ backend: "auto", mostBytes: card.vramBytes, placeReasons: [] });
      expect(placed.plan).toMatchObject({ workers: 1, threads: 1, samplesInGraph: true });
      expect(placed.plan.memoryBytes).toBeLessThan(card.freeVramBytes);
    }
    expect(placeJob(eightB, { ...HOST, ...RTX_4090 }, none, true).plan.slots).toBeLessThan(64);
    expect(placeJob(eightB, { ...HOST, ...H200 }, none, true).plan.slots).toBe(64);
  });

  it("is the CPU where the GPU has too little memory, and the reasons say so", () => {
    const placed = placeJob(thirtyB, { ...HOST, ...RTX_4090 }, none, true);
    expect(placed).toMatchObject({ backend: "cpu", mostBytes: HOST.memoryBytes, facts: { hasGpu: false } });
    expect(placed.plan).toMatchObject({ workers: 4, threads: 4, samplesInGraph: false });
    expect(placed.placeReasons).toEqual([
      expect.stringMatching(/^on the CPU: the job needs 3\d\.\d GB and may have 20\.6 GB of the GPU's$/),
    ]);
    expect(fitsMemory(placed.facts, placed.plan)).toBe(true);
  });

  it("is waited for where another job has the GPU, and the CPU where another program has it", () => {
    const busy = { ...HOST, ...RTX_4090, freeVramBytes: 6 * GB };
    const waiting = placeJob(eightB, busy, none, false);
    expect(waiting.backend).toBe("auto");
    expect(waiting.plan.memoryBytes).toBeGreaterThan(waiting.facts.freeBytes);
    const moved = placeJob(eightB, busy, none, true);
    expect(moved.backend).toBe("cpu");
    expect(moved.placeReasons[0]).toMatch(/and may have 5\.2 GB of the GPU's now$/);
  });

  it("is both for the reference engine, which spreads a model by itself", () => {
    const placed = placeJob(
      { ...thirtyB, engine: engineTraits("node-llama-cpp") },
      { ...HOST, ...RTX_4090 },
      none,
      true,
    );
    expect(placed).toMatchObject({ backend: "auto", mostBytes: HOST.memoryBytes + RTX_4090.vramBytes });
    expect(placed.plan.samplesInGraph).toBe(false);
  });

  it("counts memory once that the GPU and the machine share", () => {
    const mac = { cores: 8, memoryBytes: 16 * GB, freeMemoryBytes: 6 * GB, vramBytes: 11 * GB, freeVramBytes: 11 * GB };
    const unified = { ...mac, unifiedVramBytes: 11 * GB };
    const small = { ...eightB, weightBytes: 2e9 };
    expect(placeJob(small, unified, none, true).facts).toMatchObject({ hasGpu: true, freeBytes: 6 * GB });
    const reference = placeJob({ ...small, engine: engineTraits("node-llama-cpp") }, unified, none, true);
    expect(reference).toMatchObject({ mostBytes: 16 * GB, facts: { freeBytes: 6 * GB } });
  });

  it("is the CPU where there is no GPU", () => {
    expect(placeJob(eightB, NO_GPU, none, true)).toMatchObject({ backend: "cpu", mostBytes: HOST.memoryBytes });
  });

  it("has no more threads than cores, nor workers than can be served, and says so", () => {
    const { plan, placeReasons } = placeJob(facts({}), NO_GPU, { workers: 999, threads: 999, slots: 0 }, true);
    expect(plan).toMatchObject({ workers: 64, threads: 16 });
    expect(placeReasons).toEqual([
      "64 workers: more only wait for a core, not 999",
      "16 threads a worker: there are 16 cores, not 999",
    ]);
  });

  it("has no more slots than llama.cpp has sequences", () => {
    for (const slots of [255, 256, 5000]) {
      const { plan, placeReasons } = placeJob(facts({}), NO_GPU, { ...none, slots }, true);
      expect(plan.slots).toBe(255);
      expect(placeReasons.some((reason) => reason.includes("no more sequences"))).toBe(slots > 255);
    }
  });
});
