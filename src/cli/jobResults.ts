import { type Command, Option } from "commander";
import { InputError } from "../errors.js";
import { FORMAT_ENDINGS, isTextFormat, RESULT_FORMATS, type ResultFormat } from "../results/formats.js";
import { examples, formulasOption, jobArgument, jsonOption, parseCount } from "./arguments.js";
import { type Door, type JobRecord, openDoor } from "./door.js";
import { printBytes, printJson } from "./output.js";
import { checkOutputPath } from "./outputPath.js";
import { formatCount } from "./quantities.js";

interface ResultFlags {
  output?: string;
  format?: ResultFormat;
  includeInputs?: boolean;
  includeCumulativeLogprobs?: true;
  includeTokenLogprobs?: true;
  includeFinishReason?: true;
  csvFormulas?: "keep" | "escape";
  unpackJson?: true;
  outputColumn?: string;
  from?: number;
  to?: number;
  json?: true;
}

export function addJobResults(jobs: Command): void {
  jobs
    .command("results")
    .description("Print a job's results, in row order, or write them to a file.")
    .addArgument(jobArgument())
    .option(
      "--output <file>",
      `write them here; the ending names the format: ${FORMAT_ENDINGS} (/dev/stdout and pipes: jsonl)`,
    )
    .addOption(
      new Option("--format <format>", "format of what is printed (default: jsonl)")
        .choices(RESULT_FORMATS)
        .conflicts(["output"]),
    )
    .option("--include-inputs", "for a list: the input beside each output (tables always come with their columns)")
    .option("--no-include-inputs", "for a table: the outputs only")
    .option("--include-cumulative-logprobs", "add the column cumulative_logprob")
    .option("--include-token-logprobs", "add the column token_logprobs: each token and its log-probability")
    .option("--include-finish-reason", "add finish_reason (stop, length: cut, error) and input_truncated")
    .option("--unpack-json", "parse JSON outputs: an object's keys become columns, or each label's probability")
    .option("--output-column <name>", "another name for the column with the results")
    .option("--from <row>", "the first row, by its place in the input, from 0", parseCount)
    .option("--to <row>", "the row behind the last", parseCount)
    .addOption(formulasOption())
    .addOption(jsonOption().conflicts(["format"]))
    .addHelpText(
      "after",
      examples([
        ["rowmill jobs results job-5f0c… | head", "the first rows, a JSON object a line"],
        ["rowmill jobs results job-5f0c… --unpack-json --output labels.parquet", "a column for each key of the schema"],
        ["rowmill jobs results job-5f0c… --format csv | column -s, -t", "into another program"],
      ]),
    )
    .action(runResults);
}

async function runResults(jobId: string, flags: ResultFlags, command: Command): Promise<void> {
  if (flags.output !== undefined) await checkOutputPath(flags.output);
  const format = flags.json ? "json" : (flags.format ?? "jsonl");
  if (flags.output === undefined && !isTextFormat(format) && process.stdout.isTTY) {
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `${format} is not for a terminal: give --output FILE, or send it on by > or |`,
    );
  }
  await using door = await openDoor(command);
  const options = {
    ...(flags.includeInputs !== undefined && { includeInputs: flags.includeInputs }),
    ...(flags.includeCumulativeLogprobs && { includeCumulativeLogprobs: true }),
    ...(flags.includeTokenLogprobs && { includeTokenLogprobs: true }),
    ...(flags.includeFinishReason && { includeFinishReason: true }),
    ...(flags.csvFormulas !== undefined && { csvFormulas: flags.csvFormulas }),
    ...(flags.unpackJson && { unpackJson: true }),
    ...(flags.outputColumn !== undefined && { outputColumn: flags.outputColumn }),
    ...(flags.from !== undefined && { from: flags.from }),
    ...(flags.to !== undefined && { to: flags.to }),
  };
  // asked before the results are read: a row that ends meanwhile is no reason for silence
  const job = await door.mill.getJob(jobId);
  if (flags.output === undefined) await printResults(door, job.jobId, format, options);
  else {
    const written = await door.mill.writeJobResults(job.jobId, flags.output, options);
    door.say(`Wrote ${formatCount(written.rows)} rows to ${written.path}`);
    if (flags.json) printJson(written);
  }
  const missing = missingRows(job);
  if (missing !== null) door.say(missing);
}

/** Warns of results that are not all there, null when they are. */
export function missingRows(job: Pick<JobRecord, "jobId" | "status" | "rowsTotal" | "rowsDone">): string | null {
  const missing = job.rowsTotal - job.rowsDone;
  if (job.status === "SUCCEEDED" || missing === 0) return null;
  const isOver = job.status === "CANCELLED" || job.status === "FAILED";
  const verb = missing === 1 ? "has" : "have";
  return (
    `warning: ${job.jobId} is ${job.status}: ${formatCount(missing)} of ${formatCount(job.rowsTotal)} rows ` +
    `${verb} no result${isOver ? "" : " yet"}`
  );
}

type ResultOptions = Parameters<Door["mill"]["writeJobResults"]>[2];

/** Ends early, and in silence, when the reader has seen enough. */
async function printResults(door: Door, jobId: string, format: ResultFormat, options: ResultOptions): Promise<void> {
  for await (const chunk of door.mill.streamJobResults(jobId, format, options)) {
    if (!(await printBytes(chunk))) return;
  }
}
