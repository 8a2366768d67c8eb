// Compiles schemas that ask for more than they look, each in a process of its own, and says what each took:
//   npm run --silent bench:hostile -- [--only WORDS] [--json]
// CPU seconds of compiling, of opening the grammar natively with 40 masks, and of writing GBNF; memory beyond the
// process's own. A schema that takes more than a second or 256 MB to compile is marked, and the command ends with 1.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand } from "./flags/command.js";
import type { HostileEnd } from "./hostile/child.js";
import { HOSTILE } from "./hostile/schemas.js";

const CHILD = fileURLToPath(new URL("./hostile/child.js", import.meta.url));
const MOST_MS = 1000;
const MOST_BYTES = 256 * 2 ** 20;

const USAGE = `usage: npm run --silent bench:hostile -- [flags]
  --only WORDS  the schemas with these words in their names
  --json        what was measured as JSON lines`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!values.json) console.log("compile s      MB   open s   GBNF s    rules  checked  schema: how it ended");
  for (const name of Object.keys(HOSTILE).filter((one) => one.includes(values.only))) {
    const end = await measure(name);
    const isWithin = end !== null && end.compileMs <= MOST_MS && grownBytes(end) <= MOST_BYTES;
    if (!isWithin || end.end.startsWith("FAILED")) process.exitCode = 1;
    if (values.json) console.log(JSON.stringify({ name, isWithin, ...end }));
    else console.log(end === null ? `!the process died, or was ended: ${name}` : lineOf(name, end, isWithin));
  }
}

function grownBytes({ compiledBytes, mostBytes, firstBytes }: HostileEnd): number {
  return (compiledBytes || mostBytes) - firstBytes;
}

function lineOf(name: string, end: HostileEnd, isWithin: boolean): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2).padStart(9);
  const memory = (grownBytes(end) / 2 ** 20).toFixed(0).padStart(8);
  const counts = `${String(end.rules).padStart(9)}${String(end.checked).padStart(9)}`;
  const mark = isWithin ? " " : "!";
  return `${mark}${seconds(end.compileMs).slice(1)}${memory}${seconds(end.openMs)}${seconds(end.gbnfMs)}${counts}  ${name}: ${end.end}`;
}

/** A schema that takes longer is not waited for. */
const MOST_WAIT_MS = 120_000;

/** null when the process died, or was ended. */
function measure(name: string): Promise<HostileEnd | null> {
  return new Promise((resolve) => {
    const child = fork(CHILD, [name], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let said: HostileEnd | null = null;
    child.on("message", (end: HostileEnd) => {
      said = end;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), MOST_WAIT_MS);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
