// Measures engines beside each other, and beside llama.cpp's own programs where they are named:
//   npm run --silent bench -- --engine native,node-llama-cpp --model starter --workload classify,generate [flags]
// Each engine first looks for its best configuration in short runs; then all of them, loaded and warm, take turns. The
// first engine named is the one whose ratios over the others are given.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchEngines } from "./engines/benchmark.js";
import { readConfigurationPins, readEngines, readList } from "./engines/flags.js";
import { MODEL_NAMES } from "./engines/models.js";
import { renderReport } from "./engines/report.js";
import { MADE_WORKLOADS, WORKLOAD_NAMES } from "./engines/workloads.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";

const PACKAGE = fileURLToPath(new URL(import.meta.url.includes("/dist/") ? "../../" : "../", import.meta.url));

const USAGE = `usage: npm run --silent bench -- [flags]
  --engine LIST                ours first (default: native,node-llama-cpp)
  --model NAME                 ${MODEL_NAMES.join(", ")} or FILE.gguf (default: starter)
  --workload LIST              of ${WORKLOAD_NAMES.join(", ")} (default: ${MADE_WORKLOADS.join(",")})
  --rows N                     rows of each run (default: as many as take about --seconds, fewer of a slower engine)
  --seconds N                  what a run should take (default: 8)
  --runs N                     timed runs of each, in turn (default: 3)
  --workers N, --threads N, --slots N
                               not to be searched for, for all; a peer has one worker
  --drafts N                   most tokens of the row that the native engine drafts as the output's next (default: 0 and 8 are tried)
  --graph                      the native engine samples within llama.cpp's graph, as it does on GPUs
  --pin NAME=WxTxS             workers, threads and slots not to be searched for, for one engine or peer: node-llama-cpp=2x1x16
  --llama-server PATH          a peer: llama.cpp's server, started here
  --llama-batched-bench PATH   a peer for generate: llama.cpp's decoding alone
  --seed N                     of the rows (default: 1)
  --json                       {results, ratios, …} as JSON`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      engine: { type: "string", default: "native,node-llama-cpp" },
      model: { type: "string", default: "starter" },
      workload: { type: "string", default: MADE_WORKLOADS.join(",") },
      rows: { type: "string" },
      seconds: { type: "string", default: "8" },
      runs: { type: "string", default: "3" },
      workers: { type: "string" },
      threads: { type: "string" },
      slots: { type: "string" },
      drafts: { type: "string" },
      graph: { type: "boolean", default: false },
      pin: { type: "string", multiple: true, default: [] },
      "llama-server": { type: "string" },
      "llama-batched-bench": { type: "string" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const report = await benchEngines({
    engines: readEngines(values.engine),
    llamaServer: values["llama-server"] ?? null,
    llamaBatchedBench: values["llama-batched-bench"] ?? null,
    model: values.model,
    workloads: readList("--workload", values.workload, WORKLOAD_NAMES),
    rows: values.rows === undefined ? 0 : readNumberFlag("--rows", values.rows, "count"),
    seconds: readNumberFlag("--seconds", values.seconds, "seconds"),
    runs: readNumberFlag("--runs", values.runs, "count"),
    pins: readConfigurationPins(values),
    seed: readNumberFlag("--seed", values.seed, "index"),
    packageFolder: PACKAGE,
    onLine: (line) => console.error(line),
  });
  console.log(values.json ? JSON.stringify(report) : renderReport(report));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
