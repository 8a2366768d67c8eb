import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { stringifyExact } from "../exactNumbers.js";
import { type Home, JobFile, type JobRecord } from "../jobs/index.js";
import { backendFacts, machineFacts } from "../models/index.js";
import { outputFormOf } from "../output/index.js";
import {
  type Axis,
  axesOf,
  type Calibration,
  calibrate,
  completePlan,
  describeSetting,
  fitsMemory,
  isOutgrown,
  type Plan,
  type PlanFacts,
  trialRows,
} from "../schedule/index.js";
import { patiently } from "./patience.js";
import type { PlannedJob } from "./planning.js";
import type { Pools } from "./pools.js";
import { calibrationOf } from "./storedCalibrations.js";
import { runTrial } from "./trial.js";

type Variable = NonNullable<PlannedJob["variable"]>;

export interface CalibrationRequest {
  readonly home: Home;
  readonly job: JobRecord;
  readonly planned: PlannedJob;
  readonly pools: Pools;
  readonly signal: AbortSignal;
}

/** Betters a job's plan by what was measured of this model on this machine with jobs of this kind; where nothing was and
 *  the job is long enough to pay for it, it is measured now, on the job's own first rows, and kept for later jobs.
 *  @throws what a worker threw: the model can't be loaded */
export async function calibratedPlan(request: CalibrationRequest): Promise<Plan> {
  const { home, job, planned } = request;
  const { plan, variable } = planned;
  if (variable === null) return plan;
  const { facts, wishes } = variable;
  const axes = axesOf({ ...facts, writesText: !job.labelProbabilities }, wishes);
  if (axes.flat().length === 0) return plan;
  const key = await calibrationKey(job, variable, axes);
  const known = home.catalog.calibration(key);
  const mostRows = trialRows(facts.rows, plan, axes);
  if (known !== null && !isOutgrown(calibrationOf(known), mostRows))
    return planFrom(plan, facts, calibrationOf(known), `measured ${known.madeAt.slice(0, 10)}`);
  if (mostRows === 0) return withReason(plan, "by rules of thumb: too few rows to measure what is fastest");
  using file = await patiently(() => JobFile.open(home, job.jobId), request.signal);
  const { workers, threads, slots, draftTokens } = plan;
  const measured = await calibrate(
    { workers, threads, slots, draftTokens },
    axes,
    mostRows,
    (setting) => setting.workers <= facts.rows && fitsMemory(facts, setting),
    async (setting, limits) => {
      const engine = planned.engine(setting.threads);
      const pool = request.pools.take(engine, setting.workers);
      try {
        const trial = { job, file, plan: completePlan(facts, setting, []), engine, signal: request.signal };
        return await runTrial({ ...trial, pool: pool.piscina }, limits);
      } finally {
        request.pools.give(pool);
      }
    },
  );
  if (measured === null) return plan;
  await patiently(() => home.catalog.keepCalibration(key, job.model, { ...measured }), request.signal);
  return planFrom(plan, facts, measured, "measured at this job's beginning");
}

/** @param when  when it was measured, in words */
function planFrom(plan: Plan, facts: PlanFacts, { chosen, trials, rows }: Calibration, when: string): Plan {
  const { rowsPerSecond: _, ...setting } = chosen;
  const others = trials.map((trial) => `${describeSetting(trial)}: ${trial.rowsPerSecond.toPrecision(3)}`).join(", ");
  const reason = `${when}, ${rows} rows a trial or more, rows/s by workers × threads × slots: ${others}`;
  // free memory may be less than it was, and the last rows of a job need no more slots than there are rows
  if (!fitsMemory(facts, setting) || setting.workers > facts.rows)
    return withReason(plan, `${reason}; the fastest does not fit now`);
  const slots = Math.min(setting.slots, Math.ceil(facts.rows / setting.workers));
  return completePlan(facts, { ...setting, slots }, [reason]);
}

function withReason(plan: Plan, reason: string): Plan {
  return { ...plan, reasons: [...plan.reasons, reason] };
}

/** The model's file, the machine, what is tried, and the kind of job: what it asks for, and its sizes in powers of two. */
async function calibrationKey(
  job: JobRecord,
  { modelFile, facts, wishes }: Variable,
  axes: readonly Axis[],
): Promise<string> {
  const { size, mtimeMs } = await stat(modelFile);
  const machine = machineFacts();
  const { devices } = await backendFacts();
  const rowTokens = job.rowsTotal === 0 ? 0 : job.inputTokensTotal / job.rowsTotal - job.frameTokens;
  const { seed: _, ...sampling } = job.sampling;
  const kind = [
    [modelFile, size, mtimeMs],
    [machine.cpuModel, facts.cores, machine.memoryBytes, devices, machine.llamaCppRelease],
    [wishes, facts.engine.name, facts.hasGpu, axes],
    [outputFormOf(job), sampling, job.labelProbabilities, job.confidence !== null],
    [job.frameTokens, rowTokens, facts.longestTokens].map(magnitudeOf),
  ];
  return createHash("sha256")
    .update(stringifyExact(kind) as string)
    .digest("hex")
    .slice(0, 32);
}

function magnitudeOf(tokens: number): number {
  return Math.round(Math.log2(Math.max(1, tokens)));
}
