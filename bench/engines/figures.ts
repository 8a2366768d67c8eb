import type { EngineStatistics } from "../../src/engine/local/index.js";
import { type CompiledOutput, compileOutput } from "../../src/output/index.js";
import type { Configuration, SubjectRun } from "./subject.js";
import type { Workload } from "./workload.js";

/** What one timed run came to. Rows that failed are no rows. */
export interface RunFigures {
  readonly rows: number;
  readonly failedRows: number;
  readonly seconds: number;
  readonly startSeconds: number;
  readonly rowsPerSecond: number;
  readonly inputTokens: number;
  /** Input that stood in a cache; `null` where it isn't told. */
  readonly sharedTokens: number | null;
  readonly outputTokens: number;
  /** Rows whose output fits the schema; `null` for free text. */
  readonly validRows: number | null;
  readonly statistics: EngineStatistics | null;
}

/** What all runs of one engine or peer on one workload came to. */
export interface BenchResult {
  readonly workload: string;
  readonly engine: string;
  readonly configuration: Configuration;
  /** Medians of the runs. */
  readonly rowsPerSecond: number;
  readonly inputTokensPerSecond: number;
  readonly outputTokensPerSecond: number;
  /** Largest rows a second less the smallest, over the median. */
  readonly spread: number;
  readonly inputTokensPerRow: number;
  readonly outputTokensPerRow: number;
  /** 0 to 1; `null` for free text. */
  readonly validShare: number | null;
  /** Of the input, 0 to 1; `null` where the engine doesn't tell. */
  readonly sharedShare: number | null;
  /** Of the engine's own time, what llama.cpp's decode doesn't take, 0 to 1; `null` where the engine doesn't tell. */
  readonly shareOutsideDecode: number | null;
  readonly runs: readonly RunFigures[];
}

export function figuresOf(workload: Workload, run: SubjectRun): RunFigures {
  const done = run.outcomes.filter(({ error }) => error === null);
  const sum = (pick: (outcome: (typeof done)[number]) => number) =>
    done.reduce((total, outcome) => total + pick(outcome), 0);
  const output: CompiledOutput | null = workload.form === null ? null : compileOutput(workload.form);
  const tellsShared = done.length > 0 && done.every(({ sharedTokens }) => sharedTokens !== null);
  return {
    rows: done.length,
    failedRows: run.outcomes.length - done.length,
    seconds: run.seconds,
    startSeconds: run.startSeconds,
    rowsPerSecond: run.seconds > 0 ? done.length / run.seconds : 0,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    sharedTokens: tellsShared ? sum(({ sharedTokens }) => sharedTokens ?? 0) : null,
    outputTokens: sum(({ outputTokens }) => outputTokens),
    validRows:
      output === null ? null : sum(({ text, isComplete }) => (output.problemOf(text, isComplete) === null ? 1 : 0)),
    statistics: run.statistics,
  };
}

/** @param runs  of the same rows, one or more */
export function resultOf(
  workload: string,
  engine: string,
  configuration: Configuration,
  runs: readonly RunFigures[],
): BenchResult {
  const rates = runs.map(({ rowsPerSecond }) => rowsPerSecond);
  const total = (pick: (run: RunFigures) => number) => runs.reduce((sum, run) => sum + pick(run), 0);
  const rows = total((run) => run.rows);
  const told = runs.every(({ statistics }) => statistics !== null);
  const decodeMs = total(({ statistics }) => statistics?.decodeMs ?? 0);
  const totalMs = total(({ statistics }) => statistics?.totalMs ?? 0);
  return {
    workload,
    engine,
    configuration,
    rowsPerSecond: median(rates),
    inputTokensPerSecond: median(runs.map((run) => perSecond(run.inputTokens, run))),
    outputTokensPerSecond: median(runs.map((run) => perSecond(run.outputTokens, run))),
    spread: share(Math.max(...rates) - Math.min(...rates), median(rates)),
    inputTokensPerRow: share(
      total((run) => run.inputTokens),
      rows,
    ),
    outputTokensPerRow: share(
      total((run) => run.outputTokens),
      rows,
    ),
    validShare: runs.some(({ validRows }) => validRows === null)
      ? null
      : share(
          total((run) => run.validRows ?? 0),
          rows,
        ),
    sharedShare: runs.some(({ sharedTokens }) => sharedTokens === null)
      ? null
      : share(
          total((run) => run.sharedTokens ?? 0),
          total((run) => run.inputTokens),
        ),
    shareOutsideDecode: told && totalMs > 0 ? 1 - decodeMs / totalMs : null,
    runs,
  };
}

/** The middle of some numbers, the mean of the two in the middle where there is none; NaN of none at all. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const perSecond = (tokens: number, { seconds }: RunFigures): number => (seconds > 0 ? tokens / seconds : 0);
