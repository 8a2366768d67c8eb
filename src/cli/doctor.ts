import type { Command } from "commander";
import pc from "picocolors";
import { examples, jsonOption } from "./arguments.js";
import { openDoor } from "./door.js";
import { print, printJson } from "./output.js";
import { formatBytes } from "./quantities.js";
import { cellText, renderPairs } from "./table.js";

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

/** A section for each part of the report, a line for each of its facts. */
export function renderReport(report: object): string {
  const entries = Object.entries(report);
  const plain = entries.filter(([, value]) => !isSection(value));
  const sections = entries.filter(([, value]) => isSection(value)) as [string, object][];
  return [
    ...(plain.length > 0 ? [renderPairs(plain.map(([name, value]) => [name, factText(value)]))] : []),
    ...sections.map(
      ([name, facts]) =>
        `${pc.bold(name)}\n${renderPairs(Object.entries(facts).map(([fact, value]) => [`  ${fact}`, factText(value, fact)]))}`,
    ),
  ].join("\n\n");
}

function isSection(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function factText(value: unknown, name = ""): string {
  if (typeof value === "number" && /bytes$/i.test(name)) return formatBytes(value);
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value) && value.every((part) => typeof part !== "object")) return value.map(cellText).join(", ");
  return cellText(value);
}
