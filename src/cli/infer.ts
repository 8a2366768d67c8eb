import type { Command } from "commander";
import { commandFor, defaultHome, ownProgram } from "../commandLine.js";
import { InputError } from "../errors.js";
import { examples } from "./arguments.js";
import { describeColumnOrder } from "./columnOrder.js";
import { type Door, type JobRecord, openDoor } from "./door.js";
import { type Estimate, renderEstimate } from "./estimate.js";
import { followJob, untilSubmitted } from "./follow.js";
import { type InferFlags, inferFlags, readInferOptions } from "./inferFlags.js";
import { print, printJson, screenWidth } from "./output.js";
import { checkOutputIsNoSource, checkOutputPath } from "./outputPath.js";
import { type OutputShape, shapeWords } from "./outputShape.js";
import { showPreview } from "./preview.js";
import { formatCount } from "./quantities.js";

export function addInfer(program: Command): void {
  const infer = program
    .command("infer")
    .summary("run a model over every row of a file")
    .description(
      "Run a model over every row of a file: .csv .tsv .jsonl .ndjson .json .parquet .arrow .feather .txt, gzip'd too, " +
        "of a glob in quotes, or of standard input.\nWatches the job until it ends and shows the first rows; Ctrl-C leaves the job running. " +
        "With several models: one job each, detached.",
    )
    .argument("<source>", "the file, a glob in quotes, or - for standard input")
    .addHelpText(
      "after",
      examples([
        [
          `rowmill infer reviews.csv --column review --model starter --schema '{"enum": ["good", "bad"]}' --output out.csv`,
          "label every review and write the table with its labels",
        ],
        [
          "rowmill infer reviews.csv --column review --model starter --choices good,bad --label-probabilities",
          "classify, and see how sure the model is",
        ],
        [
          `rowmill infer tickets.parquet --column subject --column ": " --column body --system "Write a short reply."`,
          "join columns; a part that is no column's name is a separator",
        ],
        [
          `rowmill infer reviews.csv --column review --column ", product: " --column product --column-order auto --model starter`,
          "products that repeat come first, and are read once",
        ],
        [
          "rowmill infer 'logs/*.jsonl.gz' --column text --model llama-3.1-8b --dry-run",
          "what would it read, cost and take?",
        ],
        ["zcat log.jsonl.gz | rowmill infer - --column text --model starter --limit 100", "the first rows of a pipe"],
        [
          "id=$(rowmill infer big.csv --column text --priority 1 --detach) && rowmill attach $id",
          "submit, go home, look later",
        ],
        [
          "rowmill infer t.csv --column text --model qwen-3-4b --model gemma-4-31b-it --json",
          'compare models: prints {"jobIds": […]}',
        ],
      ]),
    )
    .action(runInfer);
  for (const option of inferFlags()) infer.addOption(option);
}

async function runInfer(source: string, flags: InferFlags, command: Command): Promise<void> {
  if (flags.output !== undefined) await checkOutput(flags.output, source, flags, command);
  const options = { ...(await readInferOptions(flags)), stayAttached: false };
  await using door = await openDoor(command);
  if (flags.dryRun) {
    const estimate = await untilSubmitted(door, () => door.mill.infer(sourceOf(source), { ...options, dryRun: true }));
    if (flags.output !== undefined) door.say("A dry run writes nothing: --output is ignored");
    if (flags.json) return printJson(estimate);
    const estimates = [estimate].flat() as Estimate[];
    return print(
      estimates
        .map((one) => renderEstimate(one, options.truncateRows !== false, screenWidth(Number.POSITIVE_INFINITY)))
        .join("\n\n"),
    );
  }
  const submitted = await untilSubmitted(
    door,
    async () => (await door.mill.infer(sourceOf(source), { ...options, dryRun: false })) as string | string[],
  );
  if (options.columnOrder === "auto") await tellColumnOrder(door, [submitted].flat()[0] as string);
  if (typeof submitted !== "string") return tellDetached(door, submitted, flags, { jobIds: submitted });
  if (flags.detach) return tellDetached(door, [submitted], flags, { jobId: submitted });
  const shape = shapeOf(flags);
  const unwritten = flags.output === undefined ? null : unwrittenLine(door, submitted, flags.output, shape);
  process.exitCode = await followJob(door, submitted, flags.timeout ?? null, unwritten);
  const job = await door.mill.getJob(submitted);
  if (job.status !== "SUCCEEDED" && unwritten !== null)
    door.say(job.rowsDone > 0 ? unwritten : `${flags.output} was not written: no row has a result`);
  const results =
    flags.output !== undefined && job.status === "SUCCEEDED"
      ? await writeResults(door, job, flags.output, shape)
      : null;
  if (flags.json) return printJson({ ...job, results });
  if (job.status === "SUCCEEDED" && results === null) await showPreview(door, job, shape);
}

/** @throws {InputError} ROWMILL_NO_SUCH_FILE for a standard input that nobody writes to */
function sourceOf(given: string): string | NodeJS.ReadStream {
  if (given !== "-") return given;
  if (!process.stdin.isTTY) return process.stdin;
  throw new InputError(
    "ROWMILL_NO_SUCH_FILE",
    `nothing is piped into standard input: \`… | ${ownProgram().join(" ")} infer -\`, or name a file`,
  );
}

/** What is wrong with the output is said before anything runs. */
async function checkOutput(output: string, source: string, flags: InferFlags, command: Command): Promise<void> {
  await checkOutputPath(output);
  if (source !== "-") await checkOutputIsNoSource(output, source);
  const { home } = command.optsWithGlobals<{ home?: string }>();
  const later = commandFor(home ?? defaultHome(), "jobs", "results", "ID", ...resultWords(output, shapeOf(flags)));
  const mistake = flags.detach
    ? "--detach does not wait for the results that --output writes: leave one out, and write them later"
    : (flags.model?.length ?? 0) > 1
      ? "--output works with one --model: with several, write each job's results"
      : null;
  if (mistake !== null) throw new InputError("ROWMILL_BAD_OPTION", `${mistake} by \`${later}\``);
}

const shapeOf = (flags: InferFlags): OutputShape => ({
  unpackJson: flags.unpackJson === true,
  includeFinishReason: flags.includeFinishReason === true,
  csvFormulas: flags.csvFormulas ?? "keep",
});

const resultWords = (output: string, shape: OutputShape): string[] => [...shapeWords(shape), "--output", output];

function unwrittenLine(door: Door, jobId: string, output: string, shape: OutputShape): string {
  const later = door.command("jobs", "results", jobId, ...resultWords(output, shape));
  return `${output} was not written. Write what is done, now or later, with: ${later}`;
}

/** All of a submission's jobs have the same order. */
async function tellColumnOrder(door: Door, jobId: string): Promise<void> {
  const { columnChoice } = await door.mill.getJob(jobId);
  if (columnChoice !== null) door.say(describeColumnOrder(columnChoice));
}

function tellDetached(door: Door, jobIds: readonly string[], flags: InferFlags, json: unknown): void {
  if (flags.json) printJson(json);
  else for (const jobId of jobIds) print(jobId);
  const words = shapeWords(shapeOf(flags));
  for (const jobId of jobIds) {
    door.say(`Watch it with: ${door.command("attach", jobId)}`);
    // nobody shows or writes them here: what was asked for of them is not lost
    if (words.length > 0)
      door.say(`Its results, when it has ended: ${door.command("jobs", "results", jobId, ...words)}`);
  }
}

async function writeResults(door: Door, job: JobRecord, output: string, shape: OutputShape): Promise<string> {
  const { path, rows } = await door.mill.writeJobResults(job.jobId, output, shape);
  door.say(`Wrote ${formatCount(rows)} rows to ${path}`);
  return path;
}
