import { setTimeout as sleep } from "node:timers/promises";
import type { EngineChoice } from "../engine/index.js";
import { EXIT, messageOf, RowmillError } from "../errors.js";
import { acquireLease, type Home, type JobRecord, LEASE_RENEW_MS, type RunnerLease } from "../jobs/index.js";
import { machineFacts } from "../models/index.js";
import { executeJob } from "./executeJob.js";
import type { Plan } from "./plan.js";
import { checkMemory, planForMachine, shareCores } from "./planForMachine.js";
import { Pools } from "./pools.js";

/** The fastest engine that is there. */
const ENGINE = "node-llama-cpp";
/** How often an idle runner looks for work. */
const CLAIM_POLL_MS = 100;

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
  readonly #active = new Map<string, { readonly plan: Plan; readonly end: Promise<void> }>();
  readonly #stop = new AbortController();
  /** The job that found no memory beside those that run now. */
  #tooLargeBeside: string | null = null;

  constructor(home: Home, options: RunnerOptions) {
    this.#home = home;
    this.#options = options;
  }

  /** Runs jobs until it has been idle for long enough or was stopped.
   *  @returns false when another runner has the home */
  async run(): Promise<boolean> {
    const lease = acquireLease(this.#home.catalog);
    if (lease === null) return false;
    const heartbeat = setInterval(() => {
      if (!lease.renew()) this.stop();
    }, LEASE_RENEW_MS);
    try {
      await this.#serve(lease);
    } finally {
      clearInterval(heartbeat);
      await Promise.all([...this.#active.values()].map((job) => job.end));
      await this.#pools[Symbol.asyncDispose]();
      lease.release();
    }
    return true;
  }

  /** Ends after the rows in flight were dropped; the jobs go on with the next runner. */
  stop(): void {
    this.#stop.abort();
  }

  async #serve(lease: RunnerLease): Promise<void> {
    let lastWork = Date.now();
    while (!this.#stop.signal.aborted) {
      if (await this.#startNext(lease)) continue;
      if (this.#active.size > 0) lastWork = Date.now();
      else if (Date.now() - lastWork >= this.#options.idleMs) return;
      await sleep(CLAIM_POLL_MS, undefined, { ref: this.#active.size > 0 || Number.isFinite(this.#options.idleMs) });
    }
  }

  /** Starts the next job if there is one and it has room beside those that run.
   *  @returns whether it started or failed one */
  async #startNext(lease: RunnerLease): Promise<boolean> {
    const { catalog } = this.#home;
    const next = catalog.peekQueued();
    if (next === null) return false;
    const isAlone = this.#active.size === 0;
    const freeCores = machineFacts().cores - this.#busyThreads();
    if (!isAlone && (freeCores < 1 || next.jobId === this.#tooLargeBeside)) return false;
    let plan: Plan;
    try {
      plan = await planForMachine(
        next,
        this.#home.config,
        shareCores(freeCores, next, catalog.list({ status: ["QUEUED"] })),
      );
      if (!isAlone && plan.memoryBytes > machineFacts().freeMemoryBytes) {
        this.#tooLargeBeside = next.jobId;
        return false;
      }
      if (isAlone) checkMemory(plan, next);
    } catch (error) {
      const failed = catalog.claimNext(lease);
      if (failed?.jobId === next.jobId) this.#fail(failed, lease, error);
      else if (failed !== null) catalog.setStatus(failed.jobId, ["STARTING"], "QUEUED", { runner: lease });
      return failed !== null;
    }
    const job = catalog.claimNext(lease);
    if (job === null) return false;
    if (job.jobId !== next.jobId) {
      // a more urgent one came between: look again
      catalog.setStatus(job.jobId, ["STARTING"], "QUEUED", { runner: lease });
      return true;
    }
    catalog.setPlan(job.jobId, { engine: ENGINE, ...plan });
    const engine = { engine: ENGINE, modelPath: job.modelPath, threads: plan.threads, backend: "auto" } as const;
    const end = this.#execute(job, lease, plan, engine).finally(() => {
      this.#active.delete(job.jobId);
      this.#tooLargeBeside = null;
    });
    this.#active.set(job.jobId, { plan, end });
    return true;
  }

  #busyThreads(): number {
    return [...this.#active.values()].reduce((sum, { plan }) => sum + plan.workers * plan.threads, 0);
  }

  async #execute(job: JobRecord, lease: RunnerLease, plan: Plan, engine: EngineChoice): Promise<void> {
    const { catalog } = this.#home;
    await this.#pools.freeIdle(engine, plan.workers);
    const pool = this.#pools.take(engine, plan.workers);
    try {
      const { signal } = this.#stop;
      const end = await executeJob({ home: this.#home, lease, job, plan, engine, pool: pool.piscina, signal });
      if (end === "stopped") catalog.setStatus(job.jobId, ["STARTING", "RUNNING"], "QUEUED", { runner: lease });
      else if (end === "cancelled") catalog.setStatus(job.jobId, ["CANCELLING"], "CANCELLED", { runner: lease });
      else this.#finish(job, lease);
      this.#pools.give(pool);
    } catch (error) {
      await this.#pools.drop(pool);
      this.#fail(job, lease, error);
    }
  }

  #finish(job: JobRecord, lease: RunnerLease): void {
    const { catalog } = this.#home;
    if (catalog.status(job.jobId) === "CANCELLING") {
      catalog.setStatus(job.jobId, ["CANCELLING"], "CANCELLED", { runner: lease });
      return;
    }
    const { rowsTotal, rowsFailed } = catalog.get(job.jobId);
    if (rowsTotal > 0 && rowsFailed === rowsTotal)
      this.#fail(
        job,
        lease,
        new RowmillError("ROWMILL_ALL_ROWS_FAILED", "every row failed: see the results' errors", {
          exitCode: EXIT.jobFailed,
        }),
      );
    else catalog.setStatus(job.jobId, ["RUNNING"], "SUCCEEDED", { runner: lease });
  }

  #fail(job: JobRecord, lease: RunnerLease, error: unknown): void {
    const failure = messageOf(error);
    if (!(error instanceof RowmillError))
      this.#options.log(`${job.jobId}: ${error instanceof Error ? error.stack : failure}`);
    const failed = this.#home.catalog.setStatus(job.jobId, ["STARTING", "RUNNING", "CANCELLING"], "FAILED", {
      failure,
      runner: lease,
    });
    if (!failed) this.#options.log(`${job.jobId}: failed after it had left this runner: ${failure}`);
  }
}
