import { setTimeout as sleep } from "node:timers/promises";
import type { EngineChoice } from "../engine/index.js";
import { messageOf, RowmillError } from "../errors.js";
import {
  type FailedRows,
  type Home,
  isPassing,
  JobFile,
  type JobRecord,
  type JobStatus,
  mostFailedRows,
  type RunnerLease,
  type StatusChange,
} from "../jobs/index.js";
import { modelKey } from "../modelRef.js";
import { type FreeMemory, type Plan, takenFrom } from "../schedule/index.js";
import { calibratedPlan } from "./calibrateJob.js";
import { executeJob } from "./executeJob.js";
import { patiently } from "./patience.js";
import type { PlannedJob } from "./planning.js";
import type { Pools, WarmPool } from "./pools.js";

const SETTLE_RETRY_MS = 1000;
const NOTHING: FreeMemory = { hostBytes: 0, gpuBytes: 0 };

/** What a runner's jobs share. */
export interface RunnerShare {
  readonly home: Home;
  readonly lease: RunnerLease;
  readonly pools: Pools;
  /** Aborts when the runner has to end. */
  readonly stopping: AbortSignal;
  /** Where a bug that costs a job is written down. */
  readonly log: (line: string) => void;
  /** Called when a job has taken all of its memory: what is free has changed. */
  readonly onLoaded: () => void;
}

/** What a job was started with. */
export interface Begin {
  readonly job: JobRecord;
  readonly planned: PlannedJob;
  readonly cores: number;
}

/** A job that this runner has claimed, until it has ended, was cancelled or is given back. */
export class ActiveJob {
  readonly jobId: string;
  /** Jobs of the same model have the same. */
  readonly model: string;
  readonly cores: number;
  readonly #share: RunnerShare;
  readonly #begin: Begin;
  readonly #cancelling = new AbortController();
  /** Aborts when the job has to stop: it is cancelled, or the runner ends. */
  readonly #signal: AbortSignal;
  #isLoaded = false;

  constructor(share: RunnerShare, begin: Begin) {
    this.#share = share;
    this.#begin = begin;
    this.jobId = begin.job.jobId;
    this.model = modelKey(begin.job.modelRef);
    this.cores = begin.cores;
    this.#signal = AbortSignal.any([share.stopping, this.#cancelling.signal]);
  }

  /** What it will still take of the memory that is free. */
  due(free: FreeMemory): FreeMemory {
    const { place, plan } = this.#begin.planned;
    return this.#isLoaded ? NOTHING : takenFrom(free, { place, memoryBytes: plan.memoryBytes }, 0);
  }

  /** What is done stays; the rows in flight are dropped. */
  cancel(): void {
    this.#cancelling.abort();
  }

  /** Runs the job and writes down what became of it.
   *  @throws what keeps it from being written and does not pass: the next runner takes the job up again, once the home can be
   *    used */
  async run(): Promise<void> {
    const { pools } = this.#share;
    let pool: WarmPool | null = null;
    try {
      const plan = await this.#plan();
      const engine = this.#begin.planned.engine(plan.threads);
      pool = pools.take(engine, plan.workers);
      await pools.freeIdle(engine, plan.workers);
      const end = await this.#execute(plan, engine, pool);
      pools.give(pool);
      if (end === "stopped") await this.#settle("QUEUED");
      else await this.#finish(end === "finished" ? null : end.budgetFailure);
    } catch (error) {
      if (pool !== null) await pools.drop(pool);
      // what passes has only met a runner that has to end, or a job that is cancelled
      if (isPassing(error)) await this.#settle("QUEUED");
      else await failJob(this.#share, this.jobId, error);
    }
  }

  /** Betters the plan by what was measured, and keeps it. */
  async #plan(): Promise<Plan> {
    const { home, pools } = this.#share;
    const { job, planned } = this.#begin;
    const engine = planned.engine(planned.plan.threads);
    await pools.freeIdle(engine, planned.plan.workers);
    const plan = await calibratedPlan({ home, job, planned, pools, signal: this.#signal });
    const reasons = [...planned.placeReasons, ...plan.reasons];
    const record = { engine: planned.engineName, ...plan, reasons };
    await patiently(() => home.catalog.setPlan(job.jobId, record), this.#signal);
    return plan;
  }

  #execute(plan: Plan, engine: EngineChoice, pool: WarmPool) {
    const { home, lease, stopping } = this.#share;
    const onLoaded = (): void => {
      this.#isLoaded = true;
      this.#share.onLoaded();
    };
    const { job } = this.#begin;
    return executeJob({ home, job, lease, plan, engine, pool: pool.piscina, signal: this.#signal, stopping, onLoaded });
  }

  /** A job ends well only when its file, read again, is whole. */
  async #finish(budgetFailure: string | null): Promise<void> {
    const { home, stopping } = this.#share;
    const { job } = this.#begin;
    for (;;) {
      try {
        using file = JobFile.open(home, job.jobId);
        const counts = file.resultCounts();
        const failures = counts.rowsFailed > 0 ? file.failures() : [];
        const failure = tooManyFailed(job, counts.rowsFailed, failures) ?? budgetFailure;
        if (failure !== null) return await this.#settle("FAILED", { counts, failures, failure });
        file.checkWhole(counts, job.rowsTotal);
        return await this.#settle("SUCCEEDED", { counts, failures });
      } catch (error) {
        if (!isPassing(error)) return await failJob(this.#share, this.jobId, error);
        await sleep(SETTLE_RETRY_MS);
        if (stopping.aborted) return;
      }
    }
  }

  async #settle(to: Settled, found: Found = {}): Promise<void> {
    await settle(this.#share, this.jobId, to, found);
  }
}

type Settled = "SUCCEEDED" | "QUEUED" | "FAILED";
type Found = Pick<StatusChange, "failure" | "failures" | "counts">;

/** Writes down that a claimed job has failed, and a bug in the log. */
export async function failJob(share: RunnerShare, jobId: string, error: unknown): Promise<void> {
  const failure = messageOf(error);
  if (!(error instanceof RowmillError)) share.log(`${jobId}: ${error instanceof Error ? error.stack : failure}`);
  await settle(share, jobId, "FAILED", { failure });
}

/** Writes down what became of a job, once the disk has room; a job that is to be cancelled is CANCELLED, unless it
 *  failed. */
async function settle(
  { home: { catalog }, lease, stopping, log }: RunnerShare,
  jobId: string,
  to: Settled,
  found: Found,
): Promise<void> {
  const change = { ...found, runner: lease };
  for (;;) {
    try {
      // a job whose last row was done before the catalogue could be told that it runs
      if (to === "SUCCEEDED") catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: lease });
      const from: JobStatus[] = to === "SUCCEEDED" ? ["RUNNING"] : ["STARTING", "RUNNING"];
      const isWritten =
        catalog.setStatus(jobId, from, to, change) ||
        catalog.setStatus(jobId, ["CANCELLING"], to === "FAILED" ? "FAILED" : "CANCELLED", change);
      if (!isWritten) log(`${jobId}: ${to} after it had left this runner`);
      return;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(SETTLE_RETRY_MS);
      if (stopping.aborted) return;
    }
  }
}

/** Why a job whose rows have run has failed all the same, null where it has not. */
function tooManyFailed(
  { rowsTotal, maxFailed }: JobRecord,
  rowsFailed: number,
  failures: readonly FailedRows[],
): string | null {
  if (rowsFailed <= mostFailedRows(maxFailed, rowsTotal)) return null;
  const why = `most often: ${failures[0]?.reason ?? "the results say why"}`;
  if (rowsFailed === rowsTotal) return `every row failed, ${why}`;
  const allowed = typeof maxFailed === "number" ? `${maxFailed}` : (maxFailed ?? "half of them");
  return `${rowsFailed} of ${rowsTotal} rows failed, more than the ${allowed} that may (maxFailed), ${why}`;
}
