import type { Command } from "commander";
import { examples, jsonOption } from "./arguments.js";
import { type Door, openDoor } from "./door.js";
import { print, printJson, resultColors } from "./output.js";
import { formatBytes } from "./quantities.js";
import { cellText, renderPairs } from "./table.js";

type Report = Awaited<ReturnType<Door["mill"]["doctor"]>>;

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .summary("say what this machine has and what is missing")
    .description("Say which machine this is, which engine and backend run on it, and why not a faster one.")
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
      else print(renderReport(report));
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
  counters: "live progress",
  isShared: "shared with other processes",
};

/** A section for each part of the report, a line for each of its facts, and the verdict last. */
export function renderReport(report: Report): string {
  const { calibrations, backend, ...rest } = report;
  const { unused, ...used } = backend;
  const whyNot = Object.fromEntries(unused.map(({ backend: name, reason }) => [`unused ${name}`, reason]));
  const facts = { ...rest, backend: { ...used, ...whyNot } };
  const entries = Object.entries({ ...facts, ...(calibrations.length > 0 && { planner: plannerFacts(calibrations) }) });
  const plain = entries.filter(([, value]) => !isSection(value));
  const sections = entries.filter(([, value]) => isSection(value)) as [string, object][];
  return [
    renderPairs(plain.map(([name, value]) => [labelOf(name), factText(value)])),
    ...sections.map(
      ([name, facts]) =>
        `${resultColors.bold(labelOf(name))}\n${renderPairs(saidFacts(facts).map(([fact, value]) => [`  ${labelOf(fact)}`, factText(value, fact)]))}`,
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
