import type { Home, JobRecord } from "../jobs/index.js";
import { modelKey } from "../modelRef.js";
import type { Lack, QueuedJob, Wait } from "../schedule/index.js";
import { plannerFor, plannersOf } from "./planners.js";
import type { PlannableJob, Planner } from "./planning.js";

/** So many of the waiting jobs are looked at; those behind them come up when these have started. */
const LOOK_AHEAD = 32;
/** How a job's lack is told to who looks at it: the rest is told by which job runs. */
const WORDS: Partial<Record<Lack, string>> = { memory: "memory", gpuMemory: "memory of the GPU" };

/** A job that waits, with what its runner remembers of it meanwhile. */
export interface WaitingJob {
  readonly job: JobRecord;
  /** Of its line in the catalogue. */
  readonly seq: number;
  readonly planner: Planner;
  /** Null until it has been planned. */
  plannable: PlannableJob | null;
  overtaken: number;
  /** As it stands in the catalogue. */
  waitsFor: string | null;
}

/** The beginning of a home's queue. A job is read once and planned once while it waits: the queue is looked at ten times a
 *  second. */
export class WaitingJobs {
  #jobs = new Map<string, WaitingJob>();
  readonly #planners: ReturnType<typeof plannersOf>;

  constructor(private readonly home: Home) {
    this.#planners = plannersOf(home);
  }

  /** Looks at the queue.
   *  @returns the jobs in the order of their turn, and whether one is among them that was not there at the last look */
  look(): { readonly jobs: readonly WaitingJob[]; readonly hasNew: boolean } {
    const { catalog } = this.home;
    const before = this.#jobs;
    const jobs = catalog.queue(LOOK_AHEAD).flatMap(({ jobId, seq, waitsFor }): WaitingJob[] => {
      const known = before.get(jobId);
      if (known?.seq === seq) return [known];
      const job = catalog.findQueued({ jobId, seq });
      // cancelled and removed meanwhile
      if (job === null) return [];
      const planner = plannerFor(this.#planners, job);
      return [{ job, seq, planner, plannable: planner.atOnce(job), overtaken: 0, waitsFor }];
    });
    this.#jobs = new Map(jobs.map((one) => [one.job.jobId, one]));
    for (const planner of Object.values(this.#planners)) planner.keep(jobs.map(({ job }) => job));
    return { jobs, hasNew: jobs.some(({ job }) => !before.has(job.jobId)) };
  }

  get(jobId: string): WaitingJob {
    const found = this.#jobs.get(jobId);
    if (found === undefined) throw new Error(`${jobId} does not wait; please report this`);
    return found;
  }

  /** @throws {InputError} of a model that is gone, or none that its engine can run */
  async plan(waiting: WaitingJob): Promise<void> {
    waiting.plannable = await waiting.planner.plannable(waiting.job);
  }

  /** Remembers why jobs have to wait, and says it where others see it. */
  note(waits: readonly Wait[]): void {
    for (const { jobId, overtaken } of waits) this.get(jobId).overtaken = overtaken;
    for (const { jobId, for: lack } of waits) {
      const waiting = this.get(jobId);
      const words = WORDS[lack] ?? null;
      if (words === waiting.waitsFor) continue;
      this.home.catalog.setWaitsFor(jobId, words);
      waiting.waitsFor = words;
    }
  }

  /** A job that was claimed is read anew when it waits again. */
  forget(jobId: string): void {
    this.#jobs.delete(jobId);
  }
}

/** As the schedule looks at it.
 *  @param isWarm  its model is loaded and nobody uses it */
export function queuedJob({ job, plannable, overtaken }: WaitingJob, isWarm: boolean): QueuedJob {
  const { jobId, priority, modelRef } = job;
  const isOnGpu = plannable !== null && plannable.needs.place !== "host";
  const warmBytes = isWarm && isOnGpu ? plannable.weightBytes : 0;
  return { jobId, priority, model: modelKey(modelRef), needs: plannable?.needs ?? null, warmBytes, overtaken };
}
