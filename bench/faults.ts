// What may happen to a home while jobs wait, run and are done: nothing may be lost, nothing be there twice.
//   npm run --silent bench:faults -- [catalogue] [disk] [kills] … [--seed 1] [--rows 300] [--kills 50] [--only TEXT]
// Prints a line a case; exit code 1 where one fails.
import { parseArgs } from "node:util";
import type { Fault, FaultSettings } from "./faults/fault.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";

/** A file of `faults/` each. */
const KINDS: Readonly<Record<string, (settings: FaultSettings) => Promise<Fault[]>>> = {
  catalogue: async (settings) => (await import("./faults/catalogue.js")).catalogueFaults(settings),
  disk: async (settings) => (await import("./faults/disk.js")).diskFaults(settings),
  kills: async (settings) => (await import("./faults/kills.js")).killFaults(settings),
};
const USAGE = `usage: npm run --silent bench:faults -- [${Object.keys(KINDS).join("] [")}] [flags]   (default: all)
  --seed N   of the moments (default: 1)
  --rows N   of a job (default: 300)
  --kills N  of runners (default: 50)
  --only TEXT  cases whose name has it`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      seed: { type: "string", default: "1" },
      rows: { type: "string", default: "300" },
      kills: { type: "string", default: "50" },
      only: { type: "string", default: "" },
    },
  });
  const unknown = positionals.find((name) => KINDS[name] === undefined);
  if (values.help || unknown !== undefined) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const settings: FaultSettings = {
    seed: readNumberFlag("--seed", values.seed, "index"),
    rows: readNumberFlag("--rows", values.rows, "count"),
    kills: readNumberFlag("--kills", values.kills, "count"),
  };
  for (const [kind, faults] of Object.entries(KINDS)) {
    if (positionals.length > 0 && !positionals.includes(kind)) continue;
    const chosen = (await faults(settings)).filter(({ name }) => name.includes(values.only));
    for (const fault of chosen) await tell(kind, fault);
  }
}

async function tell(kind: string, { name, run }: Fault): Promise<void> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  try {
    console.log(`ok    ${kind}: ${name}: ${await run()} (${seconds()})`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL  ${kind}: ${name}: ${error instanceof Error ? error.message : error} (${seconds()})`);
  }
}

await runCommand(main);
