import Table from "cli-table3";
import type { MachineFacts } from "../../src/models/index.js";
import type { BenchResult } from "./figures.js";
import type { Ratios } from "./ratios.js";
import type { TriedConfiguration } from "./search.js";
import type { Configuration } from "./subject.js";

/** What the search for one engine's configuration tried. */
export interface SearchRecord {
  readonly workload: string;
  readonly engine: string;
  readonly tried: readonly TriedConfiguration[];
}

export interface EnginesReport {
  readonly results: readonly BenchResult[];
  /** Rows a second of the first engine named over those of each other one, by workload. */
  readonly ratios: Ratios;
  /** The same of generated tokens a second. */
  readonly outputTokenRatios: Ratios;
  readonly ours: string;
  readonly model: string;
  readonly seed: number;
  readonly searches: readonly SearchRecord[];
  readonly machine: MachineFacts;
}

/** The report as a person reads it. */
export function renderReport(report: EnginesReport): string {
  const { machine } = report;
  return [
    `${report.model}; ${machine.cpuModel}, ${machine.cores} cores; llama.cpp ${machine.llamaCppRelease}, ` +
      `node-llama-cpp ${machine.nodeLlamaCpp}, Node.js ${machine.node}; seed ${report.seed}`,
    renderResults(report.results),
    "Medians of the runs, contexts made and the job's prefix read before the clock starts. Spread: largest less smallest rows/s\n" +
      "over the median. Input tokens are those that were asked for, shared ones included.",
    renderRatios(report),
  ].join("\n\n");
}

function renderResults(results: readonly BenchResult[]): string {
  const table = new Table({
    head: [
      ...["workload", "engine", "configuration", "rows", "rows/s", "spread", "input tok/s", "output tok/s"],
      ...["output tok/row", "valid", "shared input", "outside decode"],
    ],
    colAligns: [...(["left", "left", "left"] as const), ...Array.from({ length: 9 }, () => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const result of results) {
    table.push([
      ...[result.workload, result.engine, describe(result.configuration)],
      `${result.runs.length} × ${result.runs[0]?.rows ?? 0}`,
      ...[digits(result.rowsPerSecond), percent(result.spread)],
      ...[digits(result.inputTokensPerSecond), digits(result.outputTokensPerSecond)],
      digits(result.outputTokensPerRow),
      ...[percent(result.validShare), percent(result.sharedShare), percent(result.shareOutsideDecode)],
    ]);
  }
  return table.toString();
}

function renderRatios({ ratios, outputTokenRatios, ours }: EnginesReport): string {
  const table = new Table({
    head: ["workload", `${ours} over`, "rows/s", "generated tok/s"],
    colAligns: ["left", "left", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [workload, peers] of Object.entries(ratios)) {
    for (const [peer, ratio] of Object.entries(peers)) {
      table.push([workload, peer, times(ratio), times(outputTokenRatios[workload]?.[peer] ?? Number.NaN)]);
    }
  }
  return table.length === 0 ? "one engine alone: no ratios" : table.toString();
}

/** A configuration in a few words: workers × threads × slots, and what else a peer was told. */
export function describe(configuration: Configuration): string {
  const {
    workers,
    threads,
    slots,
    draftTokens = 0,
    samplesInGraph,
    ownGrammar,
    noPromptCache,
    backendSampling,
  } = configuration;
  const told = [
    `${workers} × ${threads} × ${slots}`,
    ...(draftTokens > 0 ? [`drafts of ${draftTokens}`] : []),
    ...(samplesInGraph ? ["sampled in the graph"] : []),
    ...(ownGrammar ? ["our grammar"] : []),
    ...(noPromptCache ? ["no prompt cache"] : []),
    ...(backendSampling ? ["backend sampling"] : []),
  ];
  return told.join(", ");
}

const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);

function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
