import { realpathSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import type { JsonStyle } from "../jsonStyle.js";
import type { Rowmill } from "../rowmill.js";
import { readJsonOption, readTextFile } from "./jsonInput.js";
import { readSchemaOption } from "./schemaInput.js";

type InferOptions = NonNullable<Parameters<Rowmill["infer"]>[1]>;

/** `infer`'s flags as commander gives them. */
export interface InferFlags {
  column?: string[];
  columnOrder?: "given" | "auto";
  inputFormat?: string;
  csvQuotes?: "strict" | "relaxed";
  inferTypes?: true;
  limit?: number;
  model?: string[];
  schema?: string;
  grammar?: string;
  regex?: string;
  choices?: string[];
  labelProbabilities?: true;
  confidence?: true;
  style?: JsonStyle;
  schemaInPrompt?: "off" | "descriptions" | "full";
  schemaRetries?: number;
  system?: string;
  templateArgs?: string;
  answerPrefix?: string;
  output?: string;
  outputColumn?: string;
  unpackJson?: true;
  includeFinishReason?: true;
  csvFormulas?: "keep" | "escape";
  maxFailed?: number | `${number}%`;
  priority?: "0" | "1";
  name?: string[];
  description?: string[];
  sampling?: string;
  randomSeedPerInput?: true;
  truncateRows: boolean;
  engine?: string;
  slots?: number;
  threads?: number;
  workers?: number;
  dryRun?: true;
  detach?: true;
  timeout?: number;
  json?: true;
}

/** The facade's options; those that were not given are left out, so that the facade's defaults hold.
 *  @throws {InputError} a schema or sampling parameters that can't be read */
export async function readInferOptions(flags: InferFlags): Promise<InferOptions> {
  const given = {
    model: oneOrAll(flags.model),
    name: oneOrAll(flags.name),
    description: oneOrAll(flags.description),
    column: oneOrAll(flags.column?.map(readEscapes)),
    columnOrder: flags.columnOrder,
    inputFormat: flags.inputFormat,
    csvQuotes: flags.csvQuotes,
    inferTypes: flags.inferTypes,
    limit: flags.limit,
    outputColumn: flags.outputColumn,
    jobPriority: flags.priority === undefined ? undefined : Number(flags.priority),
    outputSchema: flags.schema === undefined ? undefined : await readSchemaOption("--schema", flags.schema),
    outputGrammar: flags.grammar === undefined ? undefined : readGrammar(flags.grammar),
    outputRegex: flags.regex,
    outputChoices: flags.choices?.flatMap(readChoices),
    labelProbabilities: flags.labelProbabilities,
    confidence: flags.confidence,
    outputStyle: flags.style,
    schemaInPrompt: flags.schemaInPrompt,
    schemaRetries: flags.schemaRetries,
    maxFailed: flags.maxFailed,
    systemPrompt: flags.system,
    templateArguments:
      flags.templateArgs === undefined
        ? undefined
        : readJsonOption("--template-args", flags.templateArgs, "ROWMILL_BAD_OPTION"),
    answerPrefix: flags.answerPrefix,
    samplingParams:
      flags.sampling === undefined ? undefined : readJsonOption("--sampling", flags.sampling, "ROWMILL_BAD_OPTION"),
    randomSeedPerInput: flags.randomSeedPerInput,
    truncateRows: flags.truncateRows ? undefined : false,
    engine: flags.engine,
    slots: flags.slots,
    threads: flags.threads,
    workers: flags.workers,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as InferOptions;
}

function readGrammar(given: string): string {
  return given.includes("::=") ? given : readTextFile(`--grammar ${given}`, given, "ROWMILL_INVALID_GRAMMAR");
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\" };

/** `\n`, `\t`, `\r` and `\\` in an entry of --column, which a shell hands on as they were typed. */
function readEscapes(entry: string): string {
  return entry.replace(/\\([ntr\\])/g, (_, letter: string) => ESCAPES[letter] as string);
}

/** `a,b,c`, or a JSON list of texts that may hold commas. */
function readChoices(given: string): string[] {
  if (!given.trimStart().startsWith("[")) return given.split(",").map((choice) => choice.trim());
  // what is wrong with an entry the facade says
  return readJsonOption("--choices", given, "ROWMILL_BAD_OPTION") as string[];
}

/** A job of hours must not end in a file that can't be written.
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT for an ending that says no format, ROWMILL_NOT_WRITABLE */
export async function checkOutputPath(path: string): Promise<void> {
  // loaded only here, so that help and mistakes in options are quick
  const { Rowmill } = await import("../rowmill.js");
  await Rowmill.checkResultPath(path);
}

/** The source must outlive its job.
 *  @throws {InputError} ROWMILL_BAD_OUTPUT when the output would replace the source, or a file of its glob */
export async function checkOutputIsNoSource(output: string, source: string): Promise<void> {
  const target = statSync(output, { throwIfNoEntry: false }) && realpathSync.native(output);
  if (target === undefined) return;
  const isTarget = (path: string): boolean =>
    statSync(path, { throwIfNoEntry: false }) !== undefined && realpathSync.native(path) === target;
  if (!(await filesOf(source)).some(isTarget)) return;
  throw new InputError(
    "ROWMILL_BAD_OUTPUT",
    `--output ${output} would replace the source${output === source ? "" : ` ${source}`}: give it another name`,
  );
}

async function filesOf(source: string): Promise<string[]> {
  const path = source.startsWith("file:") && URL.canParse(source) ? fileURLToPath(source) : source;
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return [path];
  const { glob } = await import("tinyglobby");
  return await glob(path, { onlyFiles: true, expandDirectories: false });
}

/** One value stays a value; several are a list. */
function oneOrAll(values: string[] | undefined): string | string[] | undefined {
  return values?.length === 1 ? values[0] : values;
}
