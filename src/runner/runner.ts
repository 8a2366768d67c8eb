import { setTimeout as sleep } from "node:timers/promises";
import { ENGINES, type EngineChoice, type EngineName, likelyEngine } from "../engine/index.js";
import { messageOf, RowmillError } from "../errors.js";
import {
  acquireLease,
  type FailedRows,
  type Home,
  isPassing,
  JobFile,
  type JobRecord,
  type JobStatus,
  LEASE_RENEW_MS,
  mostFailedRows,
  type RunnerLease,
  type StatusChange,
  type SystemLock,
} from "../jobs/index.js";
import { machineFacts } from "../models/index.js";
import { calibratedPlan } from "./calibrateJob.js";
import { executeJob } from "./executeJob.js";
import { lockJobs } from "./jobsLock.js";
import { patiently } from "./patience.js";
import { checkMemory, type PlannedJob, planForMachine, shareCores } from "./planForMachine.js";
import { Pools, type WarmPool } from "./pools.js";

/** How long a statement of a runner waits for another process's lock; then it is tried again later. Meanwhile nothing else in the
 *  thread runs, not even the heartbeat. */
export const RUNNER_BUSY_MS = 200;
/** How often an idle runner looks for work. */
const CLAIM_POLL_MS = 100;
const SETTLE_RETRY_MS = 1000;

export interface RunnerOptions {
  /** Ends by itself after so long without work; Infinity for never. */
  readonly idleMs: number;
  /** Where a bug that costs a job is written down. */
  readonly log: (line: string) => void;
}

/** Executes a home's jobs while it holds the home's lease. */
export class Runner {
  readonly #home: Home;
  readonly #options: RunnerOptions;
  readonly #pools = new Pools();
  readonly #active = new Map<string, { readonly cores: number; readonly end: Promise<void> }>();
  readonly #stop = new AbortController();
  /** Looked up once: it reads a dozen files, and a waiting job is looked at ten times a second. */
  readonly #cores = machineFacts().cores;
  #lock: SystemLock | null = null;
  /** The job that found no memory beside those that run now. */
  #tooLargeBeside: string | null = null;

  constructor(home: Home, options: RunnerOptions) {
    this.#home = home;
    this.#options = options;
  }

  /** Runs jobs until it has been idle for long enough or was stopped.
   *  @returns false when another runner has the home */
  async run(): Promise<boolean> {
    const { signal } = this.#stop;
    const lease = await this.#acquire();
    if (lease === null) return false;
    const heartbeat = this.#beat(lease);
    try {
      this.#lock = await lockJobs(this.#home, signal, this.#options.log);
      await patiently(() => this.#home.beginGeneration(), signal);
      await patiently(() => this.#home.catalog.endCancelled(lease), signal);
      await this.#serve(lease);
    } finally {
      // what can't be served any more ends here with its jobs
      this.stop();
      clearInterval(heartbeat);
      await Promise.all([...this.#active.values()].map((job) => job.end));
      await this.#pools[Symbol.asyncDispose]();
      // before the lease: who finds no lease finds no lock either
      this.#lock?.[Symbol.dispose]();
      lease.release();
    }
    return true;
  }

  async #acquire(): Promise<RunnerLease | null> {
    try {
      return await patiently(() => acquireLease(this.#home.catalog), this.#stop.signal);
    } catch (error) {
      // it was stopped while it waited
      if (isPassing(error)) return null;
      throw error;
    }
  }

  /** Renews the lease, and stops when somebody else has it. No statement of a runner waits long for a lock (RUNNER_BUSY_MS),
   *  so the heartbeat doesn't either. Does not keep the process alive. */
  #beat(lease: RunnerLease): NodeJS.Timeout {
    const beat = (): void => {
      try {
        // with another catalogue, or another lock, another runner may begin
        if (lease.renew() && this.#lock?.isInPlace() !== false) {
          this.#home.catalog.countStarting(lease);
          return;
        }
        this.#options.log("another runner may have the home's jobs now: this one ends");
      } catch (error) {
        // a catalogue that can't be read for the moment gives nobody the lease either
        if (isPassing(error)) return;
        this.#options.log(`the lease can't be renewed: ${messageOf(error)}`);
      }
      this.stop();
    };
    return setInterval(beat, LEASE_RENEW_MS).unref();
  }

  /** Aborts when the runner has to end, because it was stopped or has lost its lease. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends after the rows in flight were dropped; the jobs go on with the next runner. */
  stop(): void {
    this.#stop.abort();
  }

  async #serve(lease: RunnerLease): Promise<void> {
    let lastWork = Date.now();
    while (!this.#stop.signal.aborted) {
      if (await this.#tryStart(lease)) continue;
      if (this.#active.size > 0) lastWork = Date.now();
      else if (Date.now() - lastWork >= this.#options.idleMs) return;
      const ref = this.#active.size > 0 || Number.isFinite(this.#options.idleMs);
      await sleep(CLAIM_POLL_MS, undefined, { ref, signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #tryStart(lease: RunnerLease): Promise<boolean> {
    try {
      return await this.#startNext(lease);
    } catch (error) {
      if (!isPassing(error)) throw error;
      return false;
    }
  }

  /** Starts the next job if there is one and it has room beside those that run.
   *  @returns whether it started or failed one */
  async #startNext(lease: RunnerLease): Promise<boolean> {
    const { catalog } = this.#home;
    const next = catalog.peekQueued();
    if (next === null) return false;
    const isAlone = this.#active.size === 0;
    const freeCores = this.#cores - this.#busyCores();
    if (!isAlone && (freeCores < 1 || next.jobId === this.#tooLargeBeside)) return false;
    const asked = ENGINES.find((name) => name === next.engine) ?? "auto";
    let planned: PlannedJob;
    try {
      const cores = shareCores(freeCores, next, catalog.list({ status: ["QUEUED"] }));
      // a GPU's memory shows what is free only once no model is there that no job uses
      if (isAlone) await this.#pools.freeOthers(next.modelPath);
      const isWarm = this.#pools.hasIdle(next.modelPath);
      const surroundings = { cores, isAlone, isWarm };
      planned = await planForMachine(next, this.#home.config, likelyEngine(asked).name, surroundings);
      const { plan } = planned;
      if (!isAlone && plan.memoryBytes > planned.facts.freeBytes) {
        this.#tooLargeBeside = next.jobId;
        catalog.setWaitsFor(next.jobId, planned.facts.hasGpu ? "memory of the GPU" : "memory");
        return false;
      }
      if (isAlone) checkMemory(planned, next);
    } catch (error) {
      if (isPassing(error)) throw error;
      const failed = this.#claim(next, lease);
      if (failed !== null) await this.#fail(failed, lease, error);
      return failed !== null;
    }
    const job = this.#claim(next, lease);
    if (job === null) return false;
    const end = this.#execute(job, lease, planned, asked)
      .catch((error: unknown) => this.#giveUp(job, error))
      .finally(() => {
        this.#active.delete(job.jobId);
        this.#tooLargeBeside = null;
      });
    this.#active.set(job.jobId, { cores: coresOf(planned), end });
    return true;
  }

  /** Claims the job that was looked at; when a more urgent one came between, none: it is met at the next look. */
  #claim(next: JobRecord, lease: RunnerLease): JobRecord | null {
    const { catalog } = this.#home;
    const job = catalog.claimNext(lease);
    if (job === null || job.jobId === next.jobId) return job;
    catalog.setStatus(job.jobId, ["STARTING"], "QUEUED", { runner: lease });
    return null;
  }

  #busyCores(): number {
    return [...this.#active.values()].reduce((sum, { cores }) => sum + cores, 0);
  }

  async #execute(job: JobRecord, lease: RunnerLease, planned: PlannedJob, asked: EngineName): Promise<void> {
    let pool: WarmPool | null = null;
    try {
      const { signal } = this.#stop;
      const engineFor = (threads: number): EngineChoice => {
        return { engine: asked, modelPath: job.modelPath, threads, backend: planned.backend };
      };
      const shared = { home: this.#home, job, signal };
      const first = engineFor(planned.plan.threads);
      await this.#pools.freeIdle(first, planned.plan.workers);
      const plan = await calibratedPlan({ ...shared, planned, engine: first, pools: this.#pools });
      const { name, reason } = likelyEngine(asked);
      const engineReasons = reason === null ? [] : [`the engine ${name}: ${reason}`];
      const reasons = [...engineReasons, ...planned.placeReasons, ...plan.reasons];
      const { catalog } = this.#home;
      await patiently(() => catalog.setPlan(job.jobId, { engine: name, ...plan, reasons }), signal);
      const engine = engineFor(plan.threads);
      pool = this.#pools.take(engine, plan.workers);
      await this.#pools.freeIdle(engine, plan.workers);
      const end = await executeJob({ ...shared, lease, plan, engine, pool: pool.piscina });
      this.#pools.give(pool);
      if (end === "finished") await this.#finish(job, lease);
      else await this.#settle(job, lease, "QUEUED");
    } catch (error) {
      if (pool !== null) await this.#pools.drop(pool);
      // what passes has only met a runner that has to end
      if (isPassing(error)) await this.#settle(job, lease, "QUEUED");
      else await this.#fail(job, lease, error);
    }
  }

  /** What became of a job can't be written down, and that does not pass: the next runner takes it up again, once the home can be
   *  used. */
  #giveUp(job: JobRecord, error: unknown): void {
    this.#options.log(`${job.jobId}: its end can't be written: ${messageOf(error)}`);
    this.stop();
  }

  /** A job ends well only when its file, read again, is whole. */
  async #finish(job: JobRecord, lease: RunnerLease): Promise<void> {
    for (;;) {
      try {
        using file = JobFile.open(this.#home, job.jobId);
        const counts = file.resultCounts();
        const failures = counts.rowsFailed > 0 ? file.failures() : [];
        const failure = tooManyFailed(job, counts.rowsFailed, failures);
        if (failure !== null) return await this.#settle(job, lease, "FAILED", { counts, failures, failure });
        file.checkWhole(counts, job.rowsTotal);
        return await this.#settle(job, lease, "SUCCEEDED", { counts, failures });
      } catch (error) {
        if (!isPassing(error)) return await this.#fail(job, lease, error);
        await sleep(SETTLE_RETRY_MS);
        if (this.#stop.signal.aborted) return;
      }
    }
  }

  async #fail(job: JobRecord, lease: RunnerLease, error: unknown): Promise<void> {
    const failure = messageOf(error);
    if (!(error instanceof RowmillError))
      this.#options.log(`${job.jobId}: ${error instanceof Error ? error.stack : failure}`);
    await this.#settle(job, lease, "FAILED", { failure });
  }

  /** Writes down what became of a job, once the disk has room; a job that is to be cancelled is CANCELLED, unless it
   *  failed. */
  async #settle(
    job: JobRecord,
    lease: RunnerLease,
    to: "SUCCEEDED" | "QUEUED" | "FAILED",
    found: Pick<StatusChange, "failure" | "failures" | "counts"> = {},
  ): Promise<void> {
    const { catalog } = this.#home;
    const change = { ...found, runner: lease };
    for (;;) {
      try {
        // a job whose last row was done before the catalogue could be told that it runs
        if (to === "SUCCEEDED") catalog.setStatus(job.jobId, ["STARTING"], "RUNNING", { runner: lease });
        const from: JobStatus[] = to === "SUCCEEDED" ? ["RUNNING"] : ["STARTING", "RUNNING"];
        const isWritten =
          catalog.setStatus(job.jobId, from, to, change) ||
          catalog.setStatus(job.jobId, ["CANCELLING"], to === "FAILED" ? "FAILED" : "CANCELLED", change);
        if (!isWritten) this.#options.log(`${job.jobId}: ${to} after it had left this runner`);
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await sleep(SETTLE_RETRY_MS);
        if (this.#stop.signal.aborted) return;
      }
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

/** What a job may compute on at once: a calibration may use all that it was given. */
function coresOf({ facts, wishes, plan }: PlannedJob): number {
  const isFixed = wishes.workers > 0 || wishes.threads > 0 || facts.hasGpu;
  return isFixed ? plan.workers * plan.threads : facts.cores;
}
