// How far the native engine's greedy outputs are those of the reference engine, on the demo's tables and as many reviews
// more as there are rows to fill, and those of another number of slots:
//   npm run --silent bench:equality -- [--model FILE.gguf] [--rows 1000] [--slots 16] [--seed 1] [--json]
// Exit code 1 where an output differs for another reason than that two tokens were equally likely.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openTokenEngine } from "../src/engine/local/index.js";
import { type Comparison, compareRuns, isTie } from "./equality/compare.js";
import { equalityJobs } from "./equality/rows.js";
import { type RunSettings, runRows, type WrittenRow } from "./equality/runs.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";
import type { DemoJob } from "./grammar/demoJobs.js";

const PACKAGE = new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url);
const USAGE = `usage: npm run --silent bench:equality -- [flags]
  --model FILE.gguf  the model to run (default: the starter model)
  --rows N           of the demo's tables, then of bench:rows (default: 1000)
  --slots N          rows at a time (default: 16)
  --seed N           of the rows that are made (default: 1)
  --json             the comparisons as JSON`;

interface NamedComparison extends Comparison {
  readonly name: string;
  /** Of the differences, those that no tie explains, by the noise of all comparisons; null where tokens may differ on
   *  purpose. */
  readonly unexplained: number | null;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      model: { type: "string", default: fileURLToPath(new URL("models/starter/starter.gguf", PACKAGE)) },
      rows: { type: "string", default: "1000" },
      slots: { type: "string", default: "16" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const slots = readNumberFlag("--slots", values.slots, "count");
  const seed = readNumberFlag("--seed", values.seed, "index");
  const model = { modelPath: values.model, threads: 1, backend: "cpu" } as const;
  await using native = await openTokenEngine({ engine: "native", ...model });
  const jobs = await equalityJobs(native, readNumberFlag("--rows", values.rows, "count"), seed);
  const runAll = (engine: typeof native, name: string, settings: RunSettings) => runJobs(engine, name, jobs, settings);
  const free = await runAll(native, "native, forced tokens sampled", { slots, samplesForced: true });
  const forced = await runAll(native, "native", { slots, samplesForced: false });
  const again = await runAll(native, "native, once more", { slots, samplesForced: false });
  const single = await runAll(native, "native, one slot", { slots: 1, samplesForced: false });
  await using reference = await openTokenEngine({ engine: "node-llama-cpp", ...model });
  const theirs = await runAll(reference, "node-llama-cpp", { slots, samplesForced: true });
  const pairs = [
    { name: "native, forced tokens sampled, and node-llama-cpp", isExplained: true, ...compareRuns(free, theirs) },
    { name: "native as it is and node-llama-cpp", isExplained: false, ...compareRuns(forced, theirs) },
    { name: `native with ${slots} slots and with 1`, isExplained: true, ...compareRuns(forced, single) },
    { name: "native, the same run twice", isExplained: true, ...compareRuns(forced, again) },
  ];
  const noise = Math.max(...pairs.map((pair) => pair.noise));
  const comparisons = pairs.map(({ isExplained, ...pair }): NamedComparison => {
    const others = pair.differences.filter((parting) => !isTie(parting, noise)).length;
    return { ...pair, unexplained: isExplained ? others : null };
  });
  console.log(values.json ? JSON.stringify(comparisons) : comparisons.map(render).join("\n\n"));
  if (comparisons.some(({ unexplained }) => unexplained !== null && unexplained > 0)) process.exitCode = 1;
}

async function runJobs(
  engine: Parameters<typeof runRows>[0],
  name: string,
  jobs: readonly DemoJob[],
  settings: RunSettings,
): Promise<WrittenRow[]> {
  const written: WrittenRow[] = [];
  const startMs = performance.now();
  for (const job of jobs) written.push(...(await runRows(engine, job, settings)));
  console.error(`${name}: ${written.length} rows in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return written;
}

function render({ name, rows, equalRows, differences, noise, unexplained }: NamedComparison): string {
  const share = `${((100 * equalRows) / rows).toFixed(1)} %`;
  const noted = `the same token's log-probability differs by at most ${noise.toPrecision(2)}`;
  const verdict = unexplained === null ? "" : `; ${differences.length - unexplained} ties, ${unexplained} others`;
  const lines = differences.map(({ row, place, tokens, logprobs, gap }) => {
    const [ours, others] = tokens.map((token) => (token === null ? "the end" : JSON.stringify(token)));
    const [a, b] = logprobs.map((logprob) => logprob.toFixed(4));
    return `  row ${row}, token ${place}: ${ours} (${a}) and ${others} (${b}), ${gap.toPrecision(2)} apart`;
  });
  return [`${name}: ${equalRows} of ${rows} rows equal, ${share}${verdict}; ${noted}`, ...lines].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
