import { type BenchResult, median, type RunFigures } from "./figures.js";

/** One number for each peer, by workload. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface BenchRatios {
  /** Our rows a second over theirs. */
  readonly rows: Ratios;
  /** Our generated tokens a second over theirs: the same work where outputs differ in length. */
  readonly outputTokens: Ratios;
}

/** The peers' variant of a workload that only our engine has: theirs are asked with their columns as given. */
export interface RatioRow {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Ratios of the engine `ours` over every other one: the median of the rounds' ratios, since what disturbs a round disturbs
 *  its neighbours in it. */
export function ratiosOf(results: readonly BenchResult[], ours: string, rows: readonly RatioRow[]): BenchRatios {
  const find = (engine: string, workload: string) =>
    results.find((result) => result.engine === engine && result.workload === workload);
  const table = (rate: (run: RunFigures) => number): Ratios => {
    const ratios: Record<string, Record<string, number>> = {};
    for (const row of rows) {
      const own = find(ours, row.ours);
      if (own === undefined) continue;
      const peers = results.filter(({ engine, workload }) => engine !== ours && workload === row.theirs);
      ratios[row.name] = Object.fromEntries(
        peers.map((peer) => [
          peer.engine,
          median(own.runs.map((run, round) => rate(run) / rate(peer.runs[round] as RunFigures))),
        ]),
      );
    }
    return ratios;
  };
  return {
    rows: table(({ rowsPerSecond }) => rowsPerSecond),
    outputTokens: table(({ outputTokens, seconds }) => outputTokens / seconds),
  };
}
