import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { pathFromHere } from "../commandLine.js";
import { EXIT } from "../errors.js";
import { examples, helpLines, jsonOption } from "./arguments.js";
import { renderAccuracy, renderAnswers } from "./demoReport.js";
import type { DemoOutcome } from "./demoScore.js";
import { DEMO_OUTPUT_COLUMN, type DemoTable, readDemoTables } from "./demoTables.js";
import { type Door, openDoor } from "./door.js";
import { followJob } from "./follow.js";
import { STARTER_LIMITS } from "./models.js";
import { messageColors, print, printJson, resultColors, screenWidth } from "./output.js";
import { formatCount, formatPercent, formatRate, formatSeconds } from "./quantities.js";
import { renderPairs } from "./table.js";

interface DemoFlags {
  model: string;
  outputDir: string;
  json?: true;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .summary("label two tables with the embedded model and count how many it got right")
    .description(
      "Label examples/reviews.csv (sentiment) and examples/tickets.csv (topic, urgency, order number) under a JSON " +
        "Schema, and hold the answers against the labels that people gave.",
    )
    .option("--model <model>", "the model that does it: a name of `models list`, a path or a source", "starter")
    .option("--output-dir <dir>", "the results are written here", "demo-results")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      () =>
        `${examples([
          ["rowmill demo", "with the embedded model; needs no network"],
          ["rowmill demo --model smollm2-135m", "the same with a pre-trained model, pulled first where it is not here"],
        ])}\n${helpLines(STARTER_LIMITS)}`,
    )
    .action(runDemo);
}

async function runDemo(flags: DemoFlags, command: Command): Promise<void> {
  await using door = await openDoor(command);
  const tables = readDemoTables();
  const folder = writableFolder(flags.outputDir, join(door.mill.home, "demo-results"));
  const jobIds: string[] = [];
  for (const table of tables) jobIds.push(await submit(door, table, flags.model));
  const outcomes: DemoOutcome[] = [];
  for (const [at, table] of tables.entries()) {
    const jobId = jobIds[at] as string;
    door.say(`${table.path}: ${table.fields.join(", ")} by ${flags.model}`, messageColors.bold);
    process.exitCode = await followJob(door, jobId, null);
    if (process.exitCode !== EXIT.ok) return;
    outcomes.push(await collect(door, table, jobId, folder));
  }
  if (flags.json) printJson(summarize(outcomes, flags.model));
  else print(renderDemo(outcomes, flags.model, door.command, screenWidth(100)));
}

function submit(door: Door, table: DemoTable, model: string): Promise<string> {
  return door.mill.infer(table.path, {
    model,
    name: `demo ${table.name}`,
    column: typeof table.column === "string" ? table.column : [...table.column],
    outputColumn: DEMO_OUTPUT_COLUMN,
    outputSchema: table.schema,
    systemPrompt: table.systemPrompt,
    stayAttached: false,
  });
}

async function collect(door: Door, table: DemoTable, jobId: string, folder: string): Promise<DemoOutcome> {
  const rows = (await door.mill.getJobResults(jobId)) as Record<string, unknown>[];
  const { path } = await door.mill.writeJobResults(jobId, join(folder, table.resultsFile));
  // with Ajv behind it, which no other command needs so early
  const { scoreTable } = await import("./demoScore.js");
  return { table, job: await door.mill.getJob(jobId), score: scoreTable(table, rows), results: path };
}

function summarize(outcomes: readonly DemoOutcome[], model: string) {
  return {
    model,
    ...totalsOf(outcomes),
    tables: outcomes.map(({ table, job, score, results }) => ({
      name: table.name,
      jobId: job.jobId,
      rows: score.rows.length,
      validRows: score.validRows,
      accuracy: Object.fromEntries(
        table.fields.map((field) => {
          const right = score.rightByField[field] ?? 0;
          return [field, { right, share: right / score.rows.length }];
        }),
      ),
      inputTokens: job.inputTokens,
      outputTokens: job.outputTokens,
      seconds: job.runSeconds,
      results,
    })),
  };
}

function renderDemo(outcomes: readonly DemoOutcome[], model: string, command: Door["command"], width: number): string {
  const { rows, validRows, seconds, rowsPerSecond, tokensPerSecond } = totalsOf(outcomes);
  const speed = `${formatRate(rowsPerSecond)} rows/s, ${formatRate(tokensPerSecond)} tokens/s`;
  return [
    ...outcomes.map(({ table, score }) => `\n${renderAnswers(table, score.rows, width)}\n`),
    `${resultColors.bold("Accuracy")} against the labels`,
    renderAccuracy(outcomes),
    "",
    renderPairs(
      [
        ["valid", `${formatPercent(validRows, rows)} of the outputs obey their schema: ${validRows} of ${rows}`],
        ["speed", `${speed}: ${formatCount(rows)} rows in ${formatSeconds(seconds)}, model loading included`],
        ["results", outcomes.map(({ results }) => pathFromHere(results)).join(" ")],
        ...(model === "starter" ? [["limits", STARTER_LIMITS] as const] : []),
      ],
      width,
    ),
    "",
    resultColors.bold("Try next"),
    ...nextCommands(outcomes, model, command).map(
      ([meaning, line]) => `${resultColors.dim(`# ${meaning}`)}\n${resultColors.cyan(line)}`,
    ),
  ].join("\n");
}

/** Commands that work as they stand. */
function nextCommands(outcomes: readonly DemoOutcome[], model: string, command: Door["command"]) {
  const { table, job, results } = outcomes[0] as DemoOutcome;
  const column = [table.column].flat().flatMap((part) => ["--column", part]);
  const task = ["--schema", table.schemaPath, "--system", table.systemPrompt, "--model", model];
  const output = ["--output", pathFromHere(results).replace(/csv$/, "parquet")];
  const otherModel = model === "smollm2-135m" ? "starter" : "smollm2-135m";
  return [
    ["the same table by hand; take a file of your own", command("infer", table.path, ...column, ...task, ...output)],
    ["a job's results, any time and from any terminal", `${command("jobs", "results", job.jobId)} | head -3`],
    ["the same with another model, pulled where it is not here yet", command("demo", "--model", otherModel)],
  ] as const;
}

function totalsOf(outcomes: readonly DemoOutcome[]) {
  const sum = (value: (outcome: DemoOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + value(outcome), 0);
  const rows = sum(({ score }) => score.rows.length);
  const seconds = sum(({ job }) => job.runSeconds);
  const tokens = sum(({ job }) => job.inputTokens + job.outputTokens);
  return {
    rows,
    validRows: sum(({ score }) => score.validRows),
    seconds,
    rowsPerSecond: seconds > 0 ? rows / seconds : 0,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
  };
}

/** The folder, made where it is not there; the other where the current folder can't be written. */
function writableFolder(folder: string, otherwise: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    mkdirSync(otherwise, { recursive: true });
    return otherwise;
  }
}
