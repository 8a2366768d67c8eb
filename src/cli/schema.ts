import type { Command } from "commander";
import { EXIT } from "../errors.js";
import type { JsonStyle } from "../jsonStyle.js";
import { examples, jsonOption, schemaInPromptOption, styleOption } from "./arguments.js";
import { print, printJson, resultColors, screenWidth } from "./output.js";
import { formatCount } from "./quantities.js";
import { readSchemaOption } from "./schemaInput.js";
import { cellText, wrapWords } from "./table.js";

type Report = Awaited<ReturnType<typeof import("../rowmill.js")["Rowmill"]["checkSchema"]>>;
type InPrompt = "off" | "descriptions" | "full";

const PLACES_SHOWN = 3;

export function addSchema(program: Command): void {
  const schema = program
    .command("schema")
    .summary("say what of a schema is enforced")
    .description("Look at schemas of outputs before a job runs with them.")
    .addHelpText("after", examples([["rowmill schema check tickets.schema.json", "what can the model not break?"]]));
  schema
    .command("check")
    .summary("say what of a schema is enforced, checked and ignored")
    .description(
      "Say what of a schema the model can't break while it writes, what is checked when an output is there, what is an " +
        "annotation, and whether any value satisfies it at all: exit code 1 where none does.",
    )
    .argument(
      "<file>",
      "a JSON Schema, or a module (.mjs .js .cjs) whose default export is one, or a zod or Standard Schema; a module is run",
    )
    .addOption(styleOption())
    .addOption(schemaInPromptOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill schema check tickets.schema.json", "for people"],
        ["rowmill schema check order.mjs --json | jq -e '.checked == []'", "for a pipeline: is all of it enforced?"],
      ]),
    )
    .action(checkSchema);
}

async function checkSchema(
  file: string,
  { style, schemaInPrompt, json }: { style?: JsonStyle; schemaInPrompt?: InPrompt; json?: true },
): Promise<void> {
  const schema = await readSchemaOption("schema", file);
  // loaded only here, so that help and mistakes in options are quick
  const { Rowmill } = await import("../rowmill.js");
  const report = await Rowmill.checkSchema(schema, {
    ...(style !== undefined && { style }),
    ...(schemaInPrompt !== undefined && { schemaInPrompt }),
  });
  if (json) printJson({ file, ...report });
  else print(renderReport(file, report, screenWidth(Number.POSITIVE_INFINITY)));
  if (report.contradiction !== null) process.exitCode = EXIT.jobFailed;
}

/** A section for each fate, a line for each of its entries. */
export function renderReport(file: string, report: Report, width = Number.POSITIVE_INFINITY): string {
  const section = (title: string, entries: readonly string[]): string => {
    const lines = (entries.length === 0 ? ["nothing"] : entries).map((line) =>
      wrapWords(cellText(line), width - 4).join("\n    "),
    );
    return [resultColors.bold(title), ...lines.map((line) => `  ${line}`)].join("\n");
  };
  if (report.contradiction !== null)
    return [cellText(file), section("contradictory", [report.contradiction])].join("\n");
  const { enforced, checked, ignored, unused, notes, rules, longestBytes } = report;
  const longest = longestBytes === null ? "no longest output" : `longest output ${formatCount(longestBytes)} bytes`;
  return [
    cellText(file),
    ...(notes.length === 0 ? [] : [section("note", notes)]),
    section("enforced while generating", byKeyword(enforced)),
    section("checked after generation", checked),
    section("annotations, ignored", [...ignored, ...byKeyword(unused)]),
    section("size", [`${formatCount(rules)} rules, ${longest}`]),
  ].join("\n");
}

/** One line a keyword, with the first of its places. */
function byKeyword(entries: readonly string[]): string[] {
  const places = new Map<string, string[]>();
  for (const entry of entries) {
    const [keyword = "", ...place] = entry.split(" at ");
    places.set(keyword, [...(places.get(keyword) ?? []), place.join(" at ")]);
  }
  return [...places].map(([keyword, all]) => {
    const more = all.length > PLACES_SHOWN ? ` and ${formatCount(all.length - PLACES_SHOWN)} more places` : "";
    return `${keyword} at ${all.slice(0, PLACES_SHOWN).join(", ")}${more}`;
  });
}
