import { describe, expect, it } from "vitest";
import { calibrate, type Measure, trialRows } from "../../src/runner/calibrate.js";
import { axesOf, type Setting } from "../../src/runner/settings.js";

const FIRST: Setting = { workers: 4, threads: 1, slots: 16 };
const NO_WISHES = { workers: 0, threads: 0, slots: 0 };
const AXES = axesOf({ cores: 4, hasGpu: false }, NO_WISHES);
const fitsAll = () => true;

/** Rates settings by a formula, and keeps what was asked for. */
function rated(rate: (setting: Setting) => number | null) {
  const asked: { setting: Setting; rows: number; seconds: number }[] = [];
  const measure: Measure = async (setting, limits) => {
    asked.push({ setting, ...limits });
    return rate(setting);
  };
  return { asked, measure };
}

describe("what a calibration tries", () => {
  it("is how the cores are split, then the slots", () => {
    expect(AXES).toEqual([
      [
        { workers: 4, threads: 1 },
        { workers: 2, threads: 2 },
        { workers: 1, threads: 4 },
      ],
      [{ slots: 8 }, { slots: 32 }],
    ]);
  });

  it("is nothing that the user has fixed", () => {
    expect(axesOf({ cores: 4, hasGpu: false }, { workers: 2, threads: 2, slots: 8 }).flat()).toEqual([]);
    expect(axesOf({ cores: 4, hasGpu: false }, { ...NO_WISHES, threads: 2 })[0]).toEqual([]);
  });

  it("leaves a GPU its one worker", () => {
    expect(axesOf({ cores: 16, hasGpu: true }, NO_WISHES)[0]).toEqual([]);
  });
});

describe("a calibration", () => {
  it("finds the fastest setting, axis by axis", async () => {
    const { measure } = rated(({ threads, slots }) => 10 * threads + slots);
    const found = await calibrate(FIRST, AXES, 200, fitsAll, measure);
    expect(found?.chosen).toMatchObject({ workers: 1, threads: 4, slots: 32 });
    expect(found?.trials).toHaveLength(5);
  });

  it("keeps the rules of thumb where nothing is clearly faster", async () => {
    const { measure } = rated(({ threads, slots }) => 100 + 0.5 * threads + 0.02 * slots);
    expect((await calibrate(FIRST, AXES, 200, fitsAll, measure))?.chosen).toMatchObject(FIRST);
  });

  it("never tries what does not fit the memory", async () => {
    const { asked, measure } = rated(({ slots }) => slots);
    const found = await calibrate(FIRST, AXES, 200, ({ slots }) => slots <= 16, measure);
    expect(found?.chosen.slots).toBe(16);
    expect(asked.every(({ setting }) => setting.slots <= 16)).toBe(true);
  });

  it("gives up a trial that takes much longer than the best", async () => {
    const { asked, measure } = rated(() => 100);
    await calibrate(FIRST, AXES, 200, fitsAll, measure);
    expect(asked.slice(0, 2).map(({ seconds }) => seconds)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    for (const { rows, seconds } of asked.slice(2)) expect(seconds).toBeCloseTo((1.3 * rows) / 100);
  });

  it("takes more rows of a fast model, and never more than it may", async () => {
    const fast = rated(() => 1000);
    await calibrate(FIRST, AXES, 400, fitsAll, fast.measure);
    expect(fast.asked.slice(1).every(({ rows }) => rows === 400)).toBe(true);
    const slow = rated(() => 1);
    await calibrate(FIRST, AXES, 400, fitsAll, slow.measure);
    expect(slow.asked.every(({ rows }) => rows === 192)).toBe(true);
  });

  it("ends without a result when the job is to stop, in whichever trial", async () => {
    for (const last of [1, 2, 4]) {
      let count = 0;
      const { measure } = rated(() => (++count < last ? 10 : null));
      expect(await calibrate(FIRST, AXES, 200, fitsAll, measure)).toBeNull();
    }
  });

  it("costs at most a tenth of the job's rows", () => {
    for (const jobRows of [100, 9_000, 12_000, 1_000_000]) {
      const rows = trialRows(jobRows, FIRST, AXES);
      // the first setting runs once more, to warm up
      expect(rows * 5).toBeLessThanOrEqual(0.1 * jobRows);
    }
    expect(trialRows(9_000, FIRST, AXES)).toBe(0);
    expect(trialRows(12_000, FIRST, AXES)).toBe(240);
    expect(trialRows(1_000_000, FIRST, [[], []])).toBe(0);
  });
});
