import type { Command } from "commander";
import { examples, jsonOption } from "./arguments.js";
import { type Door, openDoor } from "./door.js";
import { describeMemory } from "./estimate.js";
import { print, printJson, resultColors, screenWidth } from "./output.js";
import { formatBytes } from "./quantities.js";
import { cellText, renderPairs } from "./table.js";

type Report = Awaited<ReturnType<Door["mill"]["doctor"]>>;

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .summary("say what this machine has and what is missing")
    .description(
      "Say which machine this is, which engine and backend run on it and why not a faster one, and which models fit into its memory.",
    )
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill doctor", "before the first job, and before a bug report"],
        ["rowmill doctor --json", "for a fleet's inventory"],
      ]),
    )
    .action(async (flags: { json?: true }, command: Command) => {
      await using door = await openDoor(command);
      const report = await door.mill.doctor();
      if (flags.json) printJson(report);
      else print(renderReport(report, door.command, screenWidth(Number.POSITIVE_INFINITY)));
    });
}

/** What each fact is called for people; the JSON has the facts' own names. */
const LABELS: Readonly<Record<string, string>> = {
  runnerPid: "runner's process",
  waiting: "waiting jobs",
  disk: "the home's disk",
  freeBytes: "free",
  arch: "architecture",
  cpuModel: "processor",
  physicalCores: "physical cores",
  memoryBytes: "memory",
  freeMemoryBytes: "free memory",
  node: "Node.js",
  reason: "why not the faster one",
  nodeLlamaCpp: "node-llama-cpp",
  llamaCppRelease: "llama.cpp",
  release: "llama.cpp loaded",
  "unused cuda": "why not CUDA",
  "unused vulkan": "why not Vulkan",
  "unused metal": "why not Metal",
  vramBytes: "graphics memory",
  freeVramBytes: "free graphics memory",
  unifiedVramBytes: "graphics memory that is the machine's",
  models: "models, with rows of 1,000 tokens",
  counters: "live progress",
  isShared: "shared with other processes",
};

/** Sections whose facts are called by names that users gave. */
const NAMED: ReadonlySet<string> = new Set(["models", "planner"]);

/** A section for each part of the report, a line for each of its facts, and the verdict last.
 *  @param command writes a command that works when it is copied
 *  @param width   of the terminal, in columns */
export function renderReport(report: Report, command: Door["command"], width = Number.POSITIVE_INFINITY): string {
  const { calibrations, backend, models, ...rest } = report;
  const { unused, ...used } = backend;
  const whyNot = Object.fromEntries(unused.map(({ backend: name, reason }) => [`unused ${name}`, reason]));
  const facts = { ...rest, backend: { ...used, ...whyNot } };
  const fits = Object.fromEntries(models.map((model) => [nameOf(model), describeFit(model, command)]));
  const measured = calibrations.length > 0 && { planner: plannerFacts(calibrations) };
  const entries = Object.entries({ ...facts, models: fits, ...measured });
  const plain = entries.filter(([, value]) => !isSection(value));
  const sections = entries.filter(([, value]) => isSection(value)) as [string, object][];
  return [
    renderPairs(
      plain.map(([name, value]) => [labelOf(name), factText(value)]),
      width,
    ),
    ...sections.map(
      ([name, facts]) =>
        `${resultColors.bold(labelOf(name))}\n${renderPairs(
          saidFacts(facts).map(([fact, value]) => [
            `  ${NAMED.has(name) ? fact : labelOf(fact)}`,
            factText(value, fact),
          ]),
          width,
        )}`,
    ),
    verdictOf(report),
  ].join("\n\n");
}

/** Without the questions that have no answer: why nothing failed. */
function saidFacts(facts: object): [string, unknown][] {
  return Object.entries(facts).filter(([name, value]) => value !== null || (name !== "failure" && name !== "reason"));
}

/** A line for each kind of job that was measured. */
function plannerFacts(calibrations: Report["calibrations"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    calibrations.map(({ model, madeAt, chosen, trials }) => {
      const rate = chosen.rowsPerSecond.toPrecision(3);
      const { workers, threads, slots, draftTokens } = chosen;
      const drafts = draftTokens > 0 ? ` with drafts of ${draftTokens} tokens` : "";
      const found = `${workers} × ${threads} × ${slots} (workers × threads × slots)${drafts}, ${rate} rows/s: the best of ${trials.length}`;
      return [`${model}, ${madeAt.slice(0, 19).replace("T", " ")}`, found];
    }),
  );
}

type Fit = Report["models"][number];

const nameOf = ({ model, isDefault }: Fit): string => (isDefault ? `${model} (default)` : model);

/** Whether a model fits, for rows of 1,000 tokens; of one that is not here, what gets it. */
function describeFit({ model, isHere, bytes, fits, memory, problem }: Fit, command: Door["command"]): string {
  if (problem !== null) return problem;
  if (memory !== null) return describeMemory(memory);
  if (isHere) return "–";
  const size = bytes === null ? "" : `, about ${formatBytes(bytes)}`;
  const verdict = fits === null ? "" : fits ? ": it would fit" : ": it would not fit";
  return `not on this machine (${command("models", "pull", model)}${size})${verdict}`;
}

function verdictOf({ engine, backend }: Pick<Report, "engine" | "backend">): string {
  return backend.failure === null
    ? `ready: ${engine.name} on ${backend.backend}`
    : `not ready: ${engine.name} can't load a backend: ${cellText(backend.failure)}`;
}

/** Names without a label of their own are taken apart into words. */
function labelOf(name: string): string {
  return LABELS[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function isSection(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function factText(value: unknown, name = ""): string {
  if (typeof value === "number" && /bytes$/i.test(name)) return formatBytes(value);
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && value.length === 0) return "none";
  if (Array.isArray(value) && value.every((part) => typeof part !== "object")) return value.map(cellText).join(", ");
  return cellText(value);
}
