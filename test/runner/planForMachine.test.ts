import { expect, it } from "vitest";
import { engineTraits } from "../../src/engine/index.js";
import { planGranted } from "../../src/runner/planForMachine.js";
import { type JobFacts, type MachineBounds, needsOf } from "../../src/schedule/index.js";

const GB = 1e9;
const FACTS: JobFacts = {
  ...{ engine: engineTraits("native"), weightBytes: GB, kvBytesPerToken: 10_000, computeBytes: 100e6 },
  ...{ contextLength: 32_768, vocabularySize: 32_000, rows: 1000, longestTokens: 300, frameTokens: 50 },
};
const MACHINE: MachineBounds = {
  ...{ cores: 16, memoryBytes: 64 * GB, freeMemoryBytes: 48 * GB },
  ...{ vramBytes: 24 * GB, freeVramBytes: 24 * GB, unifiedVramBytes: 0 },
};
const wishes = { workers: 0, threads: 0, slots: 0 };
const plannable = { facts: FACTS, wishes, needs: needsOf(FACTS, MACHINE, wishes) };
const granted = (gpuBytes: number, isAlone = true) => ({ cores: 1, isAlone, free: { hostBytes: 48 * GB, gpuBytes } });

it("a job that finds the GPU taken by other programs runs on the CPU with all cores", () => {
  const { planned, cores } = planGranted(plannable, MACHINE, granted(0.1 * GB));
  expect(planned.place).toBe("host");
  expect(cores).toBe(16);
  expect(planned.plan.workers * planned.plan.threads).toBe(16);
});

it("a job on the GPU takes the core that feeds it", () => {
  const { planned, cores } = planGranted(plannable, MACHINE, granted(20 * GB));
  expect([planned.place, cores, planned.plan.workers * planned.plan.threads]).toEqual(["gpu", 1, 1]);
});
