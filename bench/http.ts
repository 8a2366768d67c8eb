// Rows over HTTP to a real llama-server, beside a client written by hand, and what becomes of them when the server is killed or
// whatever stands between goes wrong.
//   npm run --silent bench:http -- --llama-server PATH --model FILE.gguf [plain] [table] [kill] [flaky] [flags]
// Prints a line a case; exit code 1 where rows are lost, doubled or asked for too often, or it is slower than it is to be.
import { parseArgs } from "node:util";
import { InputError } from "../src/errors.js";
import { runCommand } from "./flags/command.js";
import { readNumberFlag } from "./flags/number.js";
import { CASES, type CaseName, type HttpSettings } from "./http/cases.js";

const USAGE = `usage: npm run --silent bench:http -- --llama-server PATH --model FILE.gguf [${Object.keys(CASES).join("] [")}] [flags]
  --llama-server PATH  llama.cpp's server
  --model FILE         that it serves
  --rows N             of a run (default: 256)
  --runs N             of each side, in turn (default: 3)
  --slots N            of the server (default: 16)
  --clients N          requests at a time of the client written by hand (default: 64)
  --seed N             of the rows and of what goes wrong (default: 1)`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      "llama-server": { type: "string" },
      model: { type: "string" },
      rows: { type: "string", default: "256" },
      runs: { type: "string", default: "3" },
      slots: { type: "string", default: "16" },
      clients: { type: "string", default: "64" },
      seed: { type: "string", default: "1" },
    },
  });
  const unknown = positionals.find((name) => !Object.hasOwn(CASES, name));
  if (values.help || unknown !== undefined) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const { "llama-server": program, model } = values;
  if (program === undefined || model === undefined)
    throw new InputError("ROWMILL_BAD_OPTION", "--llama-server and --model are needed: which program, which file");
  const settings: HttpSettings = {
    ...{ program, model },
    rows: readNumberFlag("--rows", values.rows, "count"),
    runs: readNumberFlag("--runs", values.runs, "count"),
    slots: readNumberFlag("--slots", values.slots, "count"),
    clients: readNumberFlag("--clients", values.clients, "count"),
    seed: readNumberFlag("--seed", values.seed, "index"),
  };
  const names = (positionals.length > 0 ? positionals : Object.keys(CASES)) as CaseName[];
  for (const name of names) {
    const { text, isGood } = await CASES[name](settings);
    console.log(`${isGood ? "ok   " : "FAIL "} ${name}: ${text}`);
    if (!isGood) process.exitCode = 1;
  }
}

await runCommand(main);
