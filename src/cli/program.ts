import { existsSync, readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { ownProgram, shellWord } from "../commandLine.js";
import { examples, helpPairs } from "./arguments.js";
import { addAttach } from "./attach.js";
import { addDemo } from "./demo.js";
import { addDoctor } from "./doctor.js";
import { EXIT_CODES, sayError } from "./failure.js";
import { addInfer } from "./infer.js";
import { addJobs } from "./jobs.js";
import { isInlineJson } from "./jsonInput.js";
import { addModels } from "./models.js";
import { peerAdvice } from "./peerFlags.js";
import { addQuotas } from "./quotas.js";
import { addSchema } from "./schema.js";

/** The whole command line: options that all commands share, and the commands. */
export function createProgram(): Command {
  const program = new Command("rowmill")
    .description("Runs a language model over every row of a table, on this machine.")
    .version(readVersion(), "--version", "print the version")
    .option("--home <dir>", "the folder of jobs and models (default: ROWMILL_HOME, else ~/.rowmill)")
    .option("--quiet", "no messages and no progress on stderr, only errors")
    .addOption(
      new Option(
        "--progress <how>",
        "auto: a bar on a terminal, a line a minute elsewhere; or bar, lines, none",
      ).choices(["auto", "bar", "lines", "none"]),
    )
    .helpOption("-h, --help", "show this help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text) => sayError(withAdvice(text.replace(/^error: /, ""))) })
    .exitOverride();
  program.addHelpText(
    "after",
    () =>
      `${examples([
        ["rowmill demo", "label two tables with the embedded model, in a minute"],
        ["rowmill infer reviews.csv --column review --model starter --schema schema.json", "one result a row"],
        ["rowmill jobs list", "what runs, waits and is done"],
      ])}\n${helpPairs("Exit codes:", EXIT_CODES)}\n\nEvery command has its own help: ${ownProgram().join(" ")} infer --help`,
  );
  program.commandsGroup("Run:");
  addInfer(program);
  addAttach(program);
  addDemo(program);
  program.commandsGroup("Look after jobs, models and schemas:");
  addJobs(program);
  addModels(program);
  addSchema(program);
  program.commandsGroup("This machine:");
  addQuotas(program);
  addDoctor(program);
  program.helpCommand("help [command]", "show the help of a command");
  return program;
}

/** What else to type: a flag of another program has its counterpart here, and where there are too many arguments the shell has
 *  likely made several files of a glob. */
function withAdvice(text: string): string {
  const words = process.argv.slice(2);
  const [, flag] = /^unknown option '([^']+)'/.exec(text) ?? [];
  const advice = flag !== undefined && words.includes("infer") ? peerAdvice(flag, words) : null;
  if (advice !== null) return `unknown option '${flag}': ${advice}`;
  const program = ownProgram().join(" ");
  // where one is near, commander names it
  const [, unknown] = /^unknown command '([^']+)'\s*$/.exec(text) ?? [];
  const meant = unknown === undefined ? null : meantCommand(words.slice(0, words.indexOf(unknown)), unknown);
  if (meant !== null)
    return `unknown command '${unknown}': did you mean \`${program} ${[...meant, unknown as string].map(shellWord).join(" ")}\`?`;
  return text.startsWith("too many arguments for 'infer'")
    ? `${text.trim()} For several files put a glob in quotes: ${program} infer "*.csv" …`
    : text;
}

/** A file or name where a command was to stand, and the command that is likely meant. */
function meantCommand(before: readonly string[], word: string): string[] | null {
  const group = before.at(-1) ?? "";
  if (group === "schema" && (isInlineJson(word) || existsSync(word))) return ["schema", "check"];
  if (group === "jobs" && /^(?:job-)?[0-9a-f]{4}/.test(word)) return ["jobs", "show"];
  if (group === "models") return ["models", "show"];
  return !["schema", "jobs"].includes(group) && existsSync(word) ? ["infer"] : null;
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
