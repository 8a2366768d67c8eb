import { type Axis, describeSetting, type Setting } from "./settings.js";

/** A setting and how fast the job's first rows went through it. */
export interface Trial extends Setting {
  readonly rowsPerSecond: number;
}

/** What was measured, and what came out of it. */
export interface Calibration {
  readonly chosen: Trial;
  /** All that were tried, in their order, the chosen one among them. */
  readonly trials: readonly Trial[];
  /** Of each trial, more where it takes more to fill its slots. */
  readonly rows: number;
  /** How many settings had needed more rows than a trial was granted. */
  readonly skipped: number;
  /** So many a trial was granted. */
  readonly mostRows: number;
}

export interface TrialLimits {
  readonly rows: number;
  /** A trial that takes longer is given up, and rated by the rows that it has done. */
  readonly seconds: number;
}

/** Runs the job's first rows. @returns rows a second, null when the job is to stop */
export type Measure = (setting: Setting, limits: TrialLimits) => Promise<number | null>;

/** Of a job's rows, as many may run a second time for the measurement. */
const SHARE = 0.1;
/** Fewer rows say nothing, even where they fill the slots so often. */
const LEAST_ROWS = 32;
/** A job that grants so many times the rows of an earlier measurement tries again what that one had to skip. */
const OUTGROWN = 2;
/** So often are all slots filled at least: the last, half-empty time counts for little then. */
const WAVES = 3;
/** A trial of less says little where there are rows for more. */
const TRIAL_SECONDS = 1.5;
/** A trial that takes so many times as long as the best one is given up. */
const PATIENCE = 1.3;
/** Smaller differences are noise: what the rules of thumb chose stays. */
const MARGIN = 1.05;

/** How many rows each trial may have.
 *  @returns 0 where the job is too small to be worth a measurement */
export function trialRows(jobRows: number, first: Setting, axes: readonly Axis[]): number {
  const others = axes.flat().filter((choice) => describeSetting({ ...first, ...choice }) !== describeSetting(first));
  // the first setting runs twice
  const rows = Math.floor((SHARE * jobRows) / (2 + others.length));
  return others.length > 0 && rows >= leastRowsOf(first) ? rows : 0;
}

/** Whether a job that grants a trial so many rows should measure again. */
export function isOutgrown({ skipped, mostRows }: Calibration, granted: number): boolean {
  return skipped > 0 && granted >= OUTGROWN * mostRows;
}

/** The rows that a trial takes at least. */
function leastRowsOf({ workers, slots }: Setting): number {
  return Math.max(LEAST_ROWS, WAVES * workers * slots);
}

/** Looks for the fastest setting, one axis after the other, each from the best of those before.
 *  @param fits  settings that don't are not tried
 *  @returns null when the job is to stop */
export async function calibrate(
  first: Setting,
  axes: readonly Axis[],
  mostRows: number,
  fits: (setting: Setting) => boolean,
  measure: Measure,
): Promise<Calibration | null> {
  const least = Math.min(mostRows, leastRowsOf(first));
  // loads the model and warms the machine up, and tells how many rows make a trial
  const warm = await measure(first, { rows: least, seconds: Number.POSITIVE_INFINITY });
  if (warm === null || warm === 0) return null;
  const rows = Math.min(mostRows, Math.max(least, Math.ceil(TRIAL_SECONDS * warm)));
  const trials: Trial[] = [];
  let skipped = 0;
  // where the first setting runs, another that fails is none to take
  const rate: Measure = async (setting, limits) => {
    try {
      return await measure(setting, limits);
    } catch (error) {
      if (trials.length === 0) throw error;
      return 0;
    }
  };
  const attempt = async (setting: Setting): Promise<boolean> => {
    const isKnown = trials.some((trial) => describeSetting(trial) === describeSetting(setting));
    if (isKnown || !fits(setting)) return true;
    const own = Math.max(rows, leastRowsOf(setting));
    if (own > mostRows) {
      skipped++;
      return true;
    }
    const best = bestOf(trials);
    const seconds = best === undefined ? Number.POSITIVE_INFINITY : (PATIENCE * own) / best.rowsPerSecond;
    const rowsPerSecond = await rate(setting, { rows: own, seconds });
    if (rowsPerSecond === null) return false;
    trials.push({ ...setting, rowsPerSecond });
    return true;
  };
  if (!(await attempt(first))) return null;
  for (const axis of axes) {
    const base = bestOf(trials) as Trial;
    for (const choice of axis) {
      const { rowsPerSecond: _, ...setting } = { ...base, ...choice };
      if (!(await attempt(setting))) return null;
    }
  }
  return { chosen: bestOf(trials) as Trial, trials, rows, skipped, mostRows };
}

/** The fastest; what was tried before another only makes way for a clear difference. */
function bestOf(trials: readonly Trial[]): Trial | undefined {
  const [first, ...others] = trials;
  if (first === undefined) return undefined;
  return others.reduce((best, one) => (one.rowsPerSecond > MARGIN * best.rowsPerSecond ? one : best), first);
}
