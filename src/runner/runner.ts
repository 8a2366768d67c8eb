import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.js";
import {
  acquireLease,
  type Home,
  isPassing,
  type JobRecord,
  LEASE_RENEW_MS,
  type RunnerLease,
  type SystemLock,
} from "../jobs/index.js";
import { modelKey } from "../modelRef.js";
import { machineFacts } from "../models/index.js";
import { freeMemoryOf, type MachineBounds, type Schedule, type Start, schedule } from "../schedule/index.js";
import { ActiveJob, failJob, type RunnerShare } from "./activeJob.js";
import { lockJobs } from "./jobsLock.js";
import { patiently } from "./patience.js";
import { checkMemory, measureMachine } from "./planForMachine.js";
import type { PlannableJob } from "./planning.js";
import { Pools } from "./pools.js";
import { queuedJob, type WaitingJob, WaitingJobs } from "./waitingJobs.js";

/** How long a statement of a runner waits for another process's lock; then it is tried again later. Meanwhile nothing else in the
 *  thread runs, not even the heartbeat. */
export const RUNNER_BUSY_MS = 200;
/** How often a runner looks for work, and for jobs of its own that are to be cancelled. */
const LOOK_MS = 100;
const CANCEL_POLL_MS = 200;

/** Jobs of endpoints take nothing of the machine, and llama.cpp is not loaded for them: that takes a second. */
const NOTHING_MEASURED: MachineBounds = {
  ...{ cores: 0, memoryBytes: 0, freeMemoryBytes: 0 },
  ...{ vramBytes: 0, freeVramBytes: 0, unifiedVramBytes: 0 },
};

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
  readonly #active = new Map<string, { readonly job: ActiveJob; readonly end: Promise<void> }>();
  readonly #waiting: WaitingJobs;
  readonly #stop = new AbortController();
  readonly #cores = machineFacts().cores;
  #lock: SystemLock | null = null;
  /** As it was measured since the last job has come, loaded its model or ended: it reads a dozen files, and waiting jobs are looked
   *  at ten times a second. */
  #machine: Promise<MachineBounds> | null = null;

  constructor(home: Home, options: RunnerOptions) {
    this.#home = home;
    this.#options = options;
    this.#waiting = new WaitingJobs(home);
  }

  /** Runs jobs until it has been idle for long enough or was stopped.
   *  @returns false when another runner has the home */
  async run(): Promise<boolean> {
    const { signal } = this.#stop;
    const lease = await this.#acquire();
    if (lease === null) return false;
    const timers = [this.#beat(lease), this.#watchCancels(lease)];
    try {
      this.#lock = await lockJobs(this.#home, signal, this.#options.log);
      await patiently(() => this.#home.beginGeneration(), signal);
      await patiently(() => this.#home.catalog.endCancelled(lease), signal);
      await this.#serve(lease);
    } finally {
      // what can't be served any more ends here with its jobs
      this.stop();
      for (const timer of timers) clearInterval(timer);
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

  /** Stops the jobs of this runner that somebody cancels. Does not keep the process alive. */
  #watchCancels(lease: RunnerLease): NodeJS.Timeout {
    const look = (): void => {
      if (this.#active.size === 0) return;
      try {
        for (const jobId of this.#home.catalog.cancelling(lease)) this.#active.get(jobId)?.job.cancel();
      } catch (error) {
        if (isPassing(error)) return;
        this.#options.log(`jobs that are cancelled can't be read: ${messageOf(error)}`);
        this.stop();
      }
    };
    return setInterval(look, CANCEL_POLL_MS).unref();
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
    const share = this.#shareOf(lease);
    let lastWork = Date.now();
    while (!this.#stop.signal.aborted) {
      if (await this.#tryLook(share)) continue;
      if (this.#active.size > 0) lastWork = Date.now();
      else if (Date.now() - lastWork >= this.#options.idleMs) return;
      const ref = this.#active.size > 0 || Number.isFinite(this.#options.idleMs);
      await sleep(LOOK_MS, undefined, { ref, signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  #shareOf(lease: RunnerLease): RunnerShare {
    const onLoaded = (): void => {
      this.#machine = null;
    };
    const { log } = this.#options;
    return { home: this.#home, lease, pools: this.#pools, stopping: this.#stop.signal, log, onLoaded };
  }

  async #tryLook(share: RunnerShare): Promise<boolean> {
    try {
      return await this.#look(share);
    } catch (error) {
      if (!isPassing(error)) throw error;
      return false;
    }
  }

  /** Looks at the queue once and starts what has its turn.
   *  @returns whether a job was started, or has failed before it could be */
  async #look(share: RunnerShare): Promise<boolean> {
    const { jobs, hasNew } = this.#waiting.look();
    const [first] = jobs;
    if (first === undefined) return false;
    if (this.#busyCores() >= this.#cores && !jobs.some(({ plannable }) => plannable?.needs.leastCores === 0))
      return false;
    const isAlone = this.#isIdle();
    // a GPU's memory shows what is free only once no model is there that no job uses
    const file = jobs.flatMap(({ job: { modelRef } }) => ("file" in modelRef ? [modelRef.file] : []))[0];
    if (isAlone && file !== undefined) await this.#pools.freeOthers(file);
    if ((isAlone && file !== undefined) || hasNew) this.#machine = null;
    const machine = file === undefined ? NOTHING_MEASURED : await this.#measured();
    // the last one has ended meanwhile, and its model is still there
    if (!isAlone && this.#isIdle()) return true;
    const { start, wait } = this.#schedule(jobs, machine);
    const unplanned = wait.find((one) => one.for === "plan");
    if (unplanned !== undefined) return await this.#plan(this.#waiting.get(unplanned.jobId), share);
    let hasStarted = false;
    for (const one of start) {
      // one that runs elsewhere than it was to has taken more cores than the schedule gave it
      if (this.#busyCores() + one.cores > this.#cores) break;
      hasStarted = (await this.#start(one, machine, share)) || hasStarted;
    }
    this.#waiting.note(wait);
    return hasStarted;
  }

  #measured(): Promise<MachineBounds> {
    this.#machine ??= measureMachine();
    return this.#machine;
  }

  #schedule(jobs: readonly WaitingJob[], machine: MachineBounds): Schedule {
    const free = freeMemoryOf(machine);
    const warm = new Set<string>();
    const queued = jobs.map((waiting) => {
      const model = modelKey(waiting.job.modelRef);
      // the first that takes it has it
      const isWarm = !warm.has(model) && this.#pools.hasIdle(model);
      if (isWarm) warm.add(model);
      return queuedJob(waiting, isWarm);
    });
    const active = [...this.#active.values()].map(({ job }) => ({
      jobId: job.jobId,
      model: job.model,
      cores: job.cores,
      due: job.due(free),
    }));
    return schedule(queued, active, { cores: this.#cores, free });
  }

  /** Plans a job, which is remembered while it waits. One that can't be has failed.
   *  @returns whether it was, or has */
  async #plan(waiting: WaitingJob, share: RunnerShare): Promise<boolean> {
    try {
      await this.#waiting.plan(waiting);
      return true;
    } catch (error) {
      if (isPassing(error)) throw error;
      return await this.#failUnstarted(waiting, share, error);
    }
  }

  /** Starts a job with what the schedule gives it.
   *  @returns false when it is no longer to be had */
  async #start({ jobId, cores: given, free }: Start, machine: MachineBounds, share: RunnerShare): Promise<boolean> {
    const waiting = this.#waiting.get(jobId);
    const isAlone = this.#isIdle();
    const granted = { cores: given, free, isAlone };
    const { planned, cores } = (waiting.plannable as PlannableJob).grant(machine, granted);
    try {
      if (isAlone) checkMemory(planned, waiting.job);
    } catch (error) {
      return await this.#failUnstarted(waiting, share, error);
    }
    const job = this.#claim(jobId, share);
    if (job === null) return false;
    const active = new ActiveJob(share, { job, planned, cores });
    const end = active
      .run()
      .catch((error: unknown) => this.#giveUp(jobId, error))
      .finally(() => {
        this.#active.delete(jobId);
        this.#machine = null;
      });
    this.#active.set(jobId, { job: active, end });
    return true;
  }

  async #failUnstarted({ job: { jobId } }: WaitingJob, share: RunnerShare, error: unknown): Promise<boolean> {
    if (this.#claim(jobId, share) === null) return false;
    await failJob(share, jobId, error);
    return true;
  }

  #claim(jobId: string, { lease }: RunnerShare): JobRecord | null {
    const job = this.#home.catalog.claim(jobId, lease);
    if (job !== null) this.#waiting.forget(jobId);
    return job;
  }

  /** No job computes on this machine; those elsewhere do not count. */
  #isIdle(): boolean {
    return this.#busyCores() === 0;
  }

  #busyCores(): number {
    return [...this.#active.values()].reduce((sum, { job }) => sum + job.cores, 0);
  }

  /** What became of a job can't be written down, and that does not pass: the next runner takes it up again, once the home can be
   *  used. */
  #giveUp(jobId: string, error: unknown): void {
    this.#options.log(`${jobId}: its end can't be written: ${messageOf(error)}`);
    this.stop();
  }
}
