import type { EngineStatistics } from "../../src/engine/local/index.js";
import type { BenchModel } from "./models.js";
import type { Workload, WorkloadGroup, WorkloadRow } from "./workload.js";

/** How an engine or a peer is run. A peer has one worker. */
export interface Configuration {
  readonly workers: number;
  /** Compute threads of one worker. */
  readonly threads: number;
  /** Rows at a time of one worker. */
  readonly slots: number;
  /** Most tokens that our native engine drafts; default 0. */
  readonly draftTokens?: number;
  /** Our native engine samples within its graph. */
  readonly samplesInGraph?: boolean;
  /** A peer is given Rowmill's grammar for the schema instead of the schema, which it compiles by itself. */
  readonly ownGrammar?: boolean;
  /** A peer keeps no prompts outside its slots. */
  readonly noPromptCache?: boolean;
  /** A peer samples within its graph. */
  readonly backendSampling?: boolean;
}

/** Tried in turn, with the best of the axes before. */
export type ConfigurationAxis = readonly Partial<Configuration>[];

/** What each engine and peer tries beside 16: on a CPU, few may be faster than many. */
export const SLOT_CHOICES: ConfigurationAxis = [1, 2, 4, 8, 32].map((slots) => ({ slots }));

/** One row's output, or what went wrong. */
export interface RowOutcome {
  readonly index: number;
  readonly text: string;
  /** Nothing cut it short. */
  readonly isComplete: boolean;
  readonly inputTokens: number;
  /** Of these, those that stood in a cache; `null` where the engine doesn't tell. */
  readonly sharedTokens: number | null;
  readonly outputTokens: number;
  readonly error: string | null;
}

/** One run of some rows: the time is that of the rows alone, with contexts made and the prefix read. */
export interface SubjectRun {
  readonly seconds: number;
  /** Before the first row: contexts made, prefix read, slots filled once. */
  readonly startSeconds: number;
  readonly outcomes: readonly RowOutcome[];
  /** Of the whole run, its start included. */
  readonly statistics: EngineStatistics | null;
}

/** For a run that goes on to its last row: the longest that a timer takes, in round numbers. */
export const UNLIMITED_SECONDS = 2_000_000;

export interface RunRequest {
  readonly workload: Workload;
  readonly rows: number;
  /** Rows of the workload that earlier runs had: a server remembers them. */
  readonly skip: number;
  /** At most the workload's. */
  readonly maxTokens: number;
  /** Ends the run with the rows that are done by then. */
  readonly limitSeconds: number;
}

/** The rows of a run. */
export function rowsOf({ workload, rows, skip }: RunRequest): readonly WorkloadRow[] {
  return workload.rows(skip + rows).slice(skip);
}

/** What a configuration is opened for. */
export interface OpenRequest {
  readonly model: BenchModel;
  readonly group: WorkloadGroup;
  readonly configuration: Configuration;
}

/** An engine or peer that is loaded and waits for rows. */
export interface OpenSubject extends AsyncDisposable {
  run(request: RunRequest): Promise<SubjectRun>;
}

/** An engine or peer that can be measured. */
export interface Subject {
  readonly name: string;
  /** Somebody else's program: it has one worker. */
  readonly isPeer: boolean;
  /** Whether it can do such a workload at all. */
  takes(group: WorkloadGroup): boolean;
  /** Where the search for its best configuration begins, and what it tries. */
  readonly first: Configuration;
  axes(group: WorkloadGroup): readonly ConfigurationAxis[];
  open(request: OpenRequest): Promise<OpenSubject>;
}

/** The model file for a group's rows. */
export async function modelPathFor({ model, group }: Pick<OpenRequest, "model" | "group">): Promise<string> {
  return group.isEndless ? model.endlessPath() : model.path;
}

/** So short a prefix is read in next to no time, as part of the rows. */
const SHORT_PREFIX = 64;

/** How many short rows go through the slots before the clock starts: one a slot where that reads a prefix worth the name,
 *  so that the rate is that of a long job. */
export function warmRowsOf(workload: Workload, slots: number): number {
  return workload.prefix.length > SHORT_PREFIX ? slots : 0;
}
