import { openTokenizer } from "../../src/engine/local/index.js";
import { machineFacts } from "../../src/models/index.js";
import { batchedBench } from "./batchedBench.js";
import type { BenchResult } from "./figures.js";
import type { ConfigurationPins, OwnEngineName } from "./flags.js";
import { llamaServer } from "./llamaServer.js";
import { type Contender, measureGroup } from "./measure.js";
import { findModel } from "./models.js";
import { ownEngine } from "./ownEngine.js";
import { type RatioRow, ratiosOf } from "./ratios.js";
import { describe, type EnginesReport, type SearchRecord } from "./report.js";
import { findConfiguration } from "./search.js";
import type { Configuration, Subject } from "./subject.js";
import { makeWorkload, type WorkloadName } from "./workloads.js";

export interface BenchOptions {
  /** The first one's ratios over all others are given. */
  readonly engines: readonly OwnEngineName[];
  /** Paths of the peers' programs. */
  readonly llamaServer: string | null;
  readonly llamaBatchedBench: string | null;
  readonly model: string;
  readonly workloads: readonly WorkloadName[];
  /** Of each run; 0 takes as many as make it last about `seconds`. */
  readonly rows: number;
  readonly seconds: number;
  readonly runs: number;
  readonly pins: ConfigurationPins;
  readonly seed: number;
  /** The project's folder: the starter model and the cache lie below it. */
  readonly packageFolder: string;
  readonly onLine: (line: string) => void;
}

/** Runs the benchmark. What it does meanwhile goes to `onLine`.
 *  @throws {InputError} for a model, engine or peer that can't be used */
export async function benchEngines(options: BenchOptions): Promise<EnginesReport> {
  const { onLine } = options;
  const model = await findModel(options.model, options.packageFolder, onLine);
  const subjects = subjectsOf(options);
  const results: BenchResult[] = [];
  const searches: SearchRecord[] = [];
  const ratioRows: RatioRow[] = [];
  await using tokenizer = await openTokenizer(model.path);
  for (const name of options.workloads) {
    const group = await makeWorkload(name, tokenizer, options.seed);
    const contenders: Contender[] = [];
    for (const subject of subjects.filter((one) => one.takes(group))) {
      const pinned = pinsFor(subject, options.pins);
      const { best, tried } = await findConfiguration(subject, model, group, pinned, (one) =>
        onLine(`${name}: ${subject.name}, ${describe(one.configuration)}: ${one.rowsPerSecond.toPrecision(3)} rows/s`),
      );
      contenders.push({ subject, chosen: best });
      searches.push({ workload: name, engine: subject.name, tried });
    }
    results.push(...(await measureGroup(model, group, contenders, options)));
    ratioRows.push(...ratioRowsOf(group.variants.map((variant) => variant.name)));
  }
  const ours = options.engines[0] as string;
  const { rows, outputTokens } = ratiosOf(results, ours, ratioRows);
  return {
    results,
    ratios: rows,
    outputTokenRatios: outputTokens,
    ours,
    model: model.name,
    seed: options.seed,
    searches,
    machine: machineFacts(),
  };
}

function subjectsOf({ engines, llamaServer: server, llamaBatchedBench: bench }: BenchOptions): readonly Subject[] {
  return [
    ...engines.map(ownEngine),
    ...(server === null ? [] : [llamaServer(server)]),
    ...(bench === null ? [] : [batchedBench(bench)]),
  ];
}

/** Every variant against the same prompts, and those after the first also against the first: what our users gain whose
 *  peers write the prompts as given. */
function ratioRowsOf(variants: readonly string[]): RatioRow[] {
  const [first = "", ...others] = variants;
  return [
    ...variants.map((name) => ({ name, ours: name, theirs: name })),
    ...others.map((name) => ({ name: `${name}/${first}`, ours: name, theirs: first })),
  ];
}

function pinsFor(subject: Subject, { all, one, native }: ConfigurationPins): Partial<Configuration> {
  const pins = one[subject.name] ?? sharedPins(subject, all);
  return subject.name === "native" ? { ...pins, ...native } : pins;
}

function sharedPins({ isPeer }: Subject, all: Partial<Configuration>): Partial<Configuration> {
  if (isPeer) return { ...all, workers: 1 };
  if (all.threads === undefined || all.workers !== undefined) return all;
  return { ...all, workers: Math.max(1, Math.floor(machineFacts().cores / all.threads)) };
}
