import { describe, expect, it } from "vitest";
import { calibrate, isOutgrown, type Measure, trialRows } from "../../src/schedule/calibrate.js";
import { axesOf, describeSetting, type Setting } from "../../src/schedule/settings.js";

const FIRST: Setting = { workers: 4, threads: 1, slots: 16, draftTokens: 0 };
const NO_WISHES = { workers: 0, threads: 0, slots: 0 };
const CORES = { cores: 4, hasGpu: false, writesText: true };
const AXES = axesOf(CORES, NO_WISHES);
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
  it("is how the cores are split, then the slots, then drafts", () => {
    expect(AXES).toEqual([
      [
        { workers: 4, threads: 1 },
        { workers: 2, threads: 2 },
        { workers: 1, threads: 4 },
      ],
      [{ slots: 1 }, { slots: 2 }, { slots: 4 }, { slots: 8 }, { slots: 32 }],
      [{ draftTokens: 8 }],
    ]);
  });

  it("is nothing that the user has fixed", () => {
    const fixed = axesOf(CORES, { workers: 2, threads: 2, slots: 8 });
    expect(fixed.flat()).toEqual([]);
    expect(axesOf(CORES, { workers: 2, threads: 0, slots: 8 })).toEqual([...[[], []], [{ draftTokens: 8 }]]);
    expect(axesOf(CORES, { ...NO_WISHES, threads: 2 })[0]).toEqual([]);
  });

  it("is no draft of what only chooses labels", () => {
    expect(axesOf({ ...CORES, writesText: false }, NO_WISHES)[2]).toEqual([]);
  });

  it("leaves a GPU its one worker", () => {
    expect(axesOf({ ...CORES, hasGpu: true }, NO_WISHES)[0]).toEqual([]);
  });

  it("has a short name each", () => {
    expect(describeSetting(FIRST)).toBe("4 × 1 × 16");
    expect(describeSetting({ ...FIRST, draftTokens: 8 })).toBe("4 × 1 × 16 with drafts");
  });
});

describe("a calibration", () => {
  it("finds the fastest setting, axis by axis", async () => {
    const { measure } = rated(({ threads, slots, draftTokens }) => 10 * threads + slots + 2 * draftTokens);
    const found = await calibrate(FIRST, AXES, 200, fitsAll, measure);
    expect(found?.chosen).toMatchObject({ workers: 1, threads: 4, slots: 32, draftTokens: 8 });
    expect(found?.trials).toHaveLength(9);
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

  it("fills the slots of each trial three times, and tries none that the rows don't fill so often", async () => {
    const { asked, measure } = rated(({ slots }) => slots / 16);
    await calibrate(FIRST, AXES, 200, fitsAll, measure);
    for (const { setting, rows } of asked) expect(rows).toBeGreaterThanOrEqual(3 * setting.workers * setting.slots);
    expect(asked.map(({ setting }) => describeSetting(setting))).not.toContain("4 × 1 × 32");
    const more = rated(({ slots }) => slots / 16);
    const found = await calibrate(FIRST, AXES, 400, fitsAll, more.measure);
    expect(found?.chosen).toMatchObject({ workers: 4, slots: 32 });
    expect(found?.skipped).toBe(0);
  });

  it("is made again by a job that grants what it had to skip", async () => {
    const small = await calibrate(FIRST, AXES, 200, fitsAll, rated(() => 1).measure);
    expect(small).toMatchObject({ skipped: 1, mostRows: 200 });
    if (small === null) throw new Error("no calibration");
    expect(isOutgrown(small, 399)).toBe(false);
    expect(isOutgrown(small, 400)).toBe(true);
    expect(isOutgrown({ ...small, skipped: 0 }, 1_000_000)).toBe(false);
  });

  it("takes a setting that fails for no setting, but for the first", async () => {
    const failing =
      (name: string): Measure =>
      async (setting) => {
        if (describeSetting(setting) === name) throw new Error("no context");
        return setting.slots;
      };
    const found = await calibrate(FIRST, AXES, 400, fitsAll, failing("4 × 1 × 32"));
    expect(found?.chosen).toMatchObject(FIRST);
    expect(found?.trials).toContainEqual({ ...FIRST, slots: 32, rowsPerSecond: 0 });
    await expect(calibrate(FIRST, AXES, 400, fitsAll, failing("4 × 1 × 16"))).rejects.toThrow("no context");
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
    expect(slow.asked.every(({ rows, setting }) => rows === Math.max(192, 3 * setting.workers * setting.slots))).toBe(
      true,
    );
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
      expect(rows * 10).toBeLessThanOrEqual(0.1 * jobRows);
    }
    expect(trialRows(19_000, FIRST, AXES)).toBe(0);
    expect(trialRows(20_000, FIRST, AXES)).toBe(200);
    expect(trialRows(1_000_000, FIRST, [[], [], []])).toBe(0);
  });
});
