import { type BenchResult, figuresOf, type RunFigures, resultOf } from "./figures.js";
import type { BenchModel } from "./models.js";
import type { TriedConfiguration } from "./search.js";
import { type OpenSubject, type RunRequest, type Subject, UNLIMITED_SECONDS } from "./subject.js";
import type { Workload, WorkloadGroup } from "./workload.js";

/** So long, at most, goes a run that only warms up. */
const WARM_UP_SECONDS = 3;
/** The shares of rows are numbers of 16 bits. */
const MOST_ROWS = 60_000;

export interface Contender {
  readonly subject: Subject;
  readonly chosen: TriedConfiguration;
}

export interface MeasureOptions {
  /** Of each run; 0 takes as many as make it last about `seconds`. */
  readonly rows: number;
  readonly seconds: number;
  readonly runs: number;
  readonly onLine: (line: string) => void;
}

/** One engine or peer on one variant of the workload. */
interface Cell {
  readonly contender: Contender;
  readonly workload: Workload;
  readonly opened: OpenSubject;
  readonly request: RunRequest;
  readonly runs: RunFigures[];
}

/** Measures engines and peers on a workload's variants: all are loaded and warm at once and take turns, round by round,
 *  so that whatever else the machine does meets all of them. */
export async function measureGroup(
  model: BenchModel,
  group: WorkloadGroup,
  contenders: readonly Contender[],
  options: MeasureOptions,
): Promise<readonly BenchResult[]> {
  const opened: OpenSubject[] = [];
  try {
    for (const { subject, chosen } of contenders)
      opened.push(await subject.open({ model, group, configuration: chosen.configuration }));
    const cells = contenders.flatMap((contender, at) =>
      group.variants.map((workload) => cellOf(contender, workload, opened[at] as OpenSubject, options)),
    );
    await takeTurns(cells, options);
    return cells.map(({ contender: { subject, chosen }, workload, runs }) =>
      resultOf(workload.name, subject.name, chosen.configuration, runs),
    );
  } finally {
    for (const subject of opened) await subject[Symbol.asyncDispose]();
  }
}

function cellOf(contender: Contender, workload: Workload, opened: OpenSubject, options: MeasureOptions): Cell {
  const rows = options.rows || rowsFor(contender.chosen, options.seconds);
  const request = { workload, rows, skip: 0, maxTokens: workload.maxTokens, limitSeconds: UNLIMITED_SECONDS };
  return { contender, workload, opened, request, runs: [] };
}

async function takeTurns(cells: readonly Cell[], options: MeasureOptions): Promise<void> {
  for (const { opened, request } of cells) await opened.run({ ...request, limitSeconds: WARM_UP_SECONDS });
  for (let round = 1; round <= options.runs; round++) {
    for (const { contender, workload, opened, request, runs } of cells) {
      // the warm-up had the first rows
      const skip = round * request.rows;
      const figures = figuresOf(workload, await opened.run({ ...request, skip }));
      runs.push(figures);
      const rate = figures.rowsPerSecond.toPrecision(4);
      options.onLine(
        `${workload.name}, round ${round}: ${contender.subject.name} ${figures.rows} rows in ${figures.seconds.toFixed(1)} s, ${rate} rows/s`,
      );
    }
  }
}

/** Rows that take about so long: whole waves, so that slots don't idle at the end more than they must. */
function rowsFor({ configuration, rowsPerSecond }: TriedConfiguration, seconds: number): number {
  const wave = configuration.workers * configuration.slots;
  return Math.min(MOST_ROWS, wave * Math.max(1, Math.round((seconds * rowsPerSecond) / wave)));
}
