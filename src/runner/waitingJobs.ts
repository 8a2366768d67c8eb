import { ENGINES, type EngineName, engineTraits, likelyEngine } from "../engine/index.js";
import type { Home, JobRecord } from "../jobs/index.js";
import type { Lack, QueuedJob, Wait } from "../schedule/index.js";
import { ModelReader } from "./modelReader.js";
import { type PlannableJob, plannableOf } from "./planForMachine.js";

/** So many of the waiting jobs are looked at; those behind them come up when these have started. */
const LOOK_AHEAD = 32;
/** How a job's lack is told to who looks at it: the rest is told by which job runs. */
const WORDS: Partial<Record<Lack, string>> = { memory: "memory", gpuMemory: "memory of the GPU" };

/** A job that waits, with what its runner remembers of it meanwhile. */
export interface WaitingJob {
  readonly job: JobRecord;
  /** Of its line in the catalogue. */
  readonly seq: number;
  readonly engine: EngineName;
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
  readonly #models = new ModelReader();

  constructor(private readonly home: Home) {}

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
      return [{ job, seq, engine: engineOf(job), plannable: null, overtaken: 0, waitsFor }];
    });
    this.#jobs = new Map(jobs.map((one) => [one.job.jobId, one]));
    this.#models.keep(new Set(jobs.map(({ job }) => job.modelPath)));
    return { jobs, hasNew: jobs.some(({ job }) => !before.has(job.jobId)) };
  }

  get(jobId: string): WaitingJob {
    const found = this.#jobs.get(jobId);
    if (found === undefined) throw new Error(`${jobId} does not wait; please report this`);
    return found;
  }

  /** @throws {InputError} of a model's file that is gone, or none that llama.cpp can load */
  async plan(waiting: WaitingJob): Promise<void> {
    const { job, engine } = waiting;
    const model = await this.#models.facts(job.modelPath);
    waiting.plannable = await plannableOf(job, model, this.home.config, engineTraits(likelyEngine(engine).name));
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
  const { jobId, priority, modelPath: model } = job;
  const isOnGpu = plannable !== null && plannable.needs.place !== "host";
  const warmBytes = isWarm && isOnGpu ? plannable.facts.weightBytes : 0;
  return { jobId, priority, model, needs: plannable?.needs ?? null, warmBytes, overtaken };
}

function engineOf({ engine }: JobRecord): EngineName {
  return ENGINES.find((name) => name === engine) ?? "auto";
}
