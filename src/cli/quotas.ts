import type { Command } from "commander";
import { examples, jsonOption } from "./arguments.js";
import { openDoor } from "./door.js";
import { print, printJson } from "./output.js";
import { formatCount } from "./quantities.js";
import { renderTable } from "./table.js";

const PRIORITY_NAMES = ["interactive", "production"];

export function addQuotas(program: Command): void {
  program
    .command("quotas")
    .summary("show how large a job may be")
    .description("Show how large a job may be, by priority. The home's config.json sets them.")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill quotas", "a table"],
        ["rowmill quotas --json", "an array; the index is the priority"],
      ]),
    )
    .action(async (flags: { json?: true }, command: Command) => {
      await using door = await openDoor(command);
      const quotas = await door.mill.getQuotas();
      if (flags.json) return printJson(quotas);
      const head = [
        { head: "priority" },
        { head: "rows a job", align: "right" as const },
        { head: "input tokens a job", align: "right" as const },
      ];
      const rows = quotas.map(({ rowQuota, tokenQuota }, priority) => [
        `${priority} ${PRIORITY_NAMES[priority] ?? ""}`,
        formatCount(rowQuota),
        formatCount(tokenQuota),
      ]);
      print(renderTable(head, rows));
    });
}
