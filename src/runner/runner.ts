import { setTimeout as sleep } from "node:timers/promises";
import type { EngineChoice } from "../engine/index.js";
import { EXIT, messageOf, RowmillError } from "../errors.js";
import { acquireLease, type Home, type JobRecord, LEASE_RENEW_MS, type RunnerLease } from "../jobs/index.js";
import { backendFacts, estimateMemory, machineFacts, readModelFacts } from "../models/index.js";
import { executeJob } from "./executeJob.js";
import { type Plan, type PlanFacts, planJob } from "./plan.js";
import { Pools } from "./pools.js";

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
   *  @returns whether it started one */
  async #startNext(lease: RunnerLease): Promise<boolean> {
    const next = this.#home.catalog.peekQueued();
    if (next === null) return false;
    const busyThreads = [...this.#active.values()].reduce((sum, { plan }) => sum + plan.workers * plan.threads, 0);
    const machine = machineFacts();
    if (this.#active.size > 0 && busyThreads >= machine.cores) return false;
    const job = this.#home.catalog.claimNext(lease);
    if (job === null) return false;
    let plan: Plan;
    const engine: EngineChoice = { engine: "node-llama-cpp", modelPath: job.modelPath, threads: 1, backend: "auto" };
    try {
      plan = await this.#plan(job, machine.cores - busyThreads, this.#active.size > 0);
    } catch (error) {
      this.#fail(job, lease, error);
      return true;
    }
    this.#home.catalog.setPlan(job.jobId, { engine: "node-llama-cpp", ...plan });
    const end = this.#execute(job, lease, plan, { ...engine, threads: plan.threads }).finally(() =>
      this.#active.delete(job.jobId),
    );
    this.#active.set(job.jobId, { plan, end });
    return true;
  }

  async #plan(job: JobRecord, freeCores: number, isBeside: boolean): Promise<Plan> {
    const facts = await readModelFacts(job.modelPath);
    const machine = machineFacts();
    const longestTokens = Math.min(
      facts.contextLength,
      job.longestRowTokens + job.frameTokens + job.sampling.maxTokens,
    );
    const hasGpu = (await backendFacts()).vramBytes > 0;
    const shape = { slots: 1, slotTokens: longestTokens, batchTokens: 512, workers: 1, gpuLayers: hasGpu ? null : 0 };
    const one = await estimateMemory(facts, shape);
    // several queued jobs share the cores from the start
    const waiting = this.#home.catalog.list({ status: ["QUEUED"] }).length;
    const share = isBeside || waiting === 0 ? freeCores : Math.ceil(freeCores / (waiting + 1));
    const planFacts: PlanFacts = {
      cores: Math.max(1, share),
      freeBytes: machine.freeMemoryBytes,
      weightBytes: one.weights,
      kvBytesPerToken: one.kvCache / longestTokens,
      computeBytes: one.compute,
      contextLength: facts.contextLength,
      hasGpu,
      rows: job.rowsTotal - job.rowsDone - job.rowsFailed,
      longestTokens,
    };
    const { config } = this.#home;
    return planJob(planFacts, {
      workers: job.workers || config.workers,
      threads: job.threads || config.threads,
      slots: job.slots || config.slots,
    });
  }

  async #execute(job: JobRecord, lease: RunnerLease, plan: Plan, engine: EngineChoice): Promise<void> {
    const { catalog } = this.#home;
    try {
      await this.#pools.freeIdle(engine, plan.workers);
      const pool = this.#pools.take(engine, plan.workers, plan.memoryBytes);
      try {
        const execution = { home: this.#home, lease, job, plan, engine, pool, signal: this.#stop.signal };
        const end = await executeJob(execution);
        if (end === "stopped") catalog.setStatus(job.jobId, ["STARTING", "RUNNING"], "QUEUED", { runner: lease });
        else if (end === "cancelled") catalog.setStatus(job.jobId, ["CANCELLING"], "CANCELLED", { runner: lease });
        else this.#finish(job, lease);
      } finally {
        this.#pools.give(engine, plan.workers);
      }
    } catch (error) {
      await this.#pools.drop(engine, plan.workers);
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
