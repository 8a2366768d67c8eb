import type { EngineChoice } from "../engine/index.js";
import type { JobRecord } from "../jobs/index.js";
import type { MemoryFit } from "../models/index.js";
import type { FreeMemory, MachineBounds, MemoryPlace, Needs, Plan, PlanFacts, Wishes } from "../schedule/index.js";

/** What of a job its plan depends on. */
export type PlannedNeeds = Pick<
  JobRecord,
  | "modelRef"
  | "engine"
  | "longestRowTokens"
  | "frameTokens"
  | "rowsTotal"
  | "rowsDone"
  | "rowsFailed"
  | "workers"
  | "threads"
  | "slots"
> & { readonly sampling: Pick<JobRecord["sampling"], "maxTokens"> };

/** How jobs of one kind of model are planned. */
export interface Planner {
  /** Finds what a job's plan is made from, which stays as it is while the job waits.
   *  @throws {InputError} of a model that is gone, or none that its engine can run */
  plannable(job: PlannedNeeds): Promise<PlannableJob>;
  /** The same where it costs nothing; null where it does, or can't be: then it waits for its turn. */
  atOnce(job: PlannedNeeds): PlannableJob | null;
  /** What a job would take if it ran alone now; null where it takes nothing. Runs nothing. */
  fit(job: PlannedNeeds): Promise<MemoryFit | null>;
  /** Forgets what was read of all models but those of these jobs. */
  keep(jobs: readonly Pick<JobRecord, "modelRef">[]): void;
}

export interface PlannableJob {
  readonly needs: Needs;
  /** Of the model itself. */
  readonly weightBytes: number;
  /** Plans the job with what the schedule gives it.
   *  @returns the plan, and the cores that it takes */
  grant(machine: MachineBounds, granted: Granted): { readonly planned: PlannedJob; readonly cores: number };
}

/** What of a machine a job may use. */
export interface Granted {
  readonly cores: number;
  readonly free: FreeMemory;
  /** No other job runs. */
  readonly isAlone: boolean;
}

/** A job's plan by rules of thumb. */
export interface PlannedJob {
  readonly plan: Plan;
  readonly place: MemoryPlace;
  /** All that there is where it runs, free or not. */
  readonly mostBytes: number;
  /** The engine that will run it, for people. */
  readonly engineName: string;
  /** Why it is that engine, why it runs there, and what of a wish can't be. */
  readonly placeReasons: readonly string[];
  /** What a calibration may vary, and on what that rests; null where nothing is worth trying. */
  readonly variable: { readonly modelFile: string; readonly facts: PlanFacts; readonly wishes: Wishes } | null;
  /** What a worker opens, with so many compute threads. */
  engine(threads: number): EngineChoice;
}
