import { Option } from "commander";
import { z } from "zod";
import { ownProgram } from "../commandLine.js";
import { inferTable } from "../inferTable.js";
import { FORMAT_ENDINGS } from "../results/formats.js";
import type { Rowmill } from "../rowmill.js";
import {
  collect,
  formulasOption,
  jsonOption,
  parseAmount,
  parseCount,
  parseMaxFailed,
  timeoutOption,
} from "./arguments.js";
import { flagOf } from "./flagWords.js";
import { readJsonOption, readTextFile } from "./jsonInput.js";
import { readSchemaOption } from "./schemaInput.js";

type InferOptions = NonNullable<Parameters<Rowmill["infer"]>[1]>;

/** How one of the facade's options is given in the shell. What it takes the table of options says: one of a few words, a whole
 *  number, several values, or only to be there. */
interface InferFlag {
  /** What stands for its value in the help. */
  readonly value?: string;
  readonly words: string;
  /** Of the value as it was typed, where the table does not say it. */
  readonly parse?: (text: string) => unknown;
  /** From what was typed to what the facade takes. */
  readonly read?: (given: never) => unknown;
}

/** All options of `infer`, and behind each the flags that are the shell's own, in the order of the help. null: the shell has
 *  a flag of its own for it. */
const FLAGS = {
  inputFormat: {
    value: "format",
    words:
      "format of the source, whatever its name says (default: by the ending; of standard input by its first bytes)",
  },
  csvQuotes: {
    value: "mode",
    words: "quotes inside an unquoted field: strict refuses them, relaxed takes them as characters (default: strict)",
  },
  inferTypes: {
    words:
      "columns of a CSV file become integers, numbers or booleans in the results where each value stays exactly what it was; else all are text",
  },
  limit: { value: "n", words: "run the first n rows only" },
  column: {
    value: "name",
    words:
      "column to read; repeat to join in order, what is no column's name is a separator, in which \\n is a line break, \\t a tab and \\\\ a backslash",
    read: (entries: string[]) => oneOrAll(entries.map(readEscapes)),
  },
  columnOrder: {
    value: "order",
    words:
      "auto: several columns in the order in which rows share the longest beginnings, each with the label before it; " +
      "the engine reads those once (default: given)",
  },
  model: {
    value: "model",
    words:
      `name (\`${ownProgram().join(" ")} models list\`), path to a .gguf, hf:user/repo:QUANT, URL of a .gguf, or an endpoint, http://HOST:8000/v1#NAME; repeat for one job each; \`starter\` is ` +
      "a small demonstration model for short reviews and tickets, often wrong on other texts (default: gpt-oss-20b)",
    read: oneOrAll,
  },
  outputSchema: {
    value: "json",
    words: "JSON Schema that every output obeys: a file's path (a module .mjs .js .cjs is run), or the JSON itself",
    read: (given: string) => readSchemaOption("--schema", given),
  },
  outputGrammar: {
    value: "file",
    words: "grammar that every output is a text of: a GBNF file, or the GBNF itself",
    read: readGrammar,
  },
  outputRegex: {
    value: "expression",
    words: "ECMA-262 regular expression that matches every output from beginning to end",
  },
  outputChoices: {
    value: "list",
    words: "texts of which every output is one: a,b,c; repeat, or a JSON list",
    read: (lists: string[]) => lists.flatMap(readChoices),
  },
  labelProbabilities: { words: "with --choices: choose by the probability of each whole choice, and record them" },
  confidence: { words: "with --schema or --choices: record how probable each label of the output's fields was" },
  outputStyle: { value: "style", words: "white space in a schema's outputs (default: spaced)" },
  schemaInPrompt: {
    value: "mode",
    words: "what of the schema the model reads: nothing, the fields' descriptions and titles (default), all of it",
  },
  schemaRetries: {
    value: "n",
    words: "runs of a row again whose output was cut or fails its check, at a temperature above 0 (default: 2)",
  },
  systemPrompt: { value: "text", words: "system prompt: the task, the same for every row" },
  templateArguments: {
    value: "json",
    words: `variables of the model's chat template: '{"enable_thinking": false}' for answers without reasoning`,
    read: (given: string) => readJsonOption("--template-args", given, "ROWMILL_BAD_OPTION"),
  },
  answerPrefix: {
    value: "text",
    words: "text that the model's answer begins with, not part of the output: '</think>'",
  },
  outputColumn: { value: "name", words: "name of the column with the results (default: inference_result)" },
  maxFailed: {
    value: "rows",
    words:
      "rows, or a share like 5%, that may fail: the job stops and has failed as soon as more have (default: it runs to " +
      "its end, and has failed if more than half of its rows did)",
    parse: parseMaxFailed,
  },
  maxCost: {
    value: "dollars",
    words:
      "what a job of an endpoint may cost at most, by its prices in config.json: no row is sent that could go over",
  },
  maxTotalTokens: {
    value: "n",
    words: "the same in tokens, input and output together, for models on this machine as well",
  },
  jobPriority: {
    value: "n",
    words: "0 interactive (default), 1 production: after all of 0",
    read: Number,
  },
  name: { value: "text", words: "a name for your records; repeat, one for each --model", read: oneOrAll },
  description: { value: "text", words: "a description for your records; repeat, one for each --model", read: oneOrAll },
  samplingParams: {
    value: "json",
    words: "temperature, topP, topK, minP, maxTokens, stop, seed, …: JSON or a file's path",
    read: (given: string) => readJsonOption("--sampling", given, "ROWMILL_BAD_OPTION"),
  },
  randomSeedPerInput: { words: "row i draws from its own seed, a hash of the job's seed and i" },
  truncateRows: { words: "a row that is too long becomes an error row; it is cut otherwise" },
  engine: { value: "name", words: "engine to use (default: auto, the fastest that is there)" },
  slots: { value: "n", words: "override the planner: sequences in a worker's batch" },
  threads: { value: "n", words: "override the planner: compute threads a worker" },
  workers: { value: "n", words: "override the planner: workers" },
  dryRun: null,
  stayAttached: null,
} satisfies Readonly<Record<keyof InferOptions, InferFlag | null>>;

/** Flags that are the shell's own, each behind the option that it stands behind in the help. */
const OWN_FLAGS: Readonly<Partial<Record<keyof InferOptions, () => readonly Option[]>>> = {
  answerPrefix: () => [
    new Option(
      "--output <file>",
      `write the results here; the ending names the format: ${FORMAT_ENDINGS} (/dev/stdout and pipes: jsonl)`,
    ),
  ],
  outputColumn: () => [
    new Option(
      "--unpack-json",
      "in --output and on the screen: an object's keys, or each label's probability, become columns",
    ),
    new Option(
      "--include-finish-reason",
      "in --output and on the screen: columns finish_reason (stop, length: cut, error) and input_truncated",
    ),
  ],
  maxFailed: () => [formulasOption()],
  workers: () => [
    new Option("--dry-run", "print rows, tokens, cost and time; run and write nothing").conflicts([
      "detach",
      "timeout",
    ]),
    new Option("--detach", "print the job's id and end; the job goes on").conflicts(["timeout"]),
    timeoutOption(),
    jsonOption(),
  ],
};

const flagEntries = Object.entries(FLAGS) as unknown as [keyof InferOptions, InferFlag | null][];

/** All flags of `infer`, in the order of its help. */
export function inferFlags(): Option[] {
  return flagEntries.flatMap(([name, flag]) => [
    ...(flag === null ? [] : [toOption(name, flag)]),
    ...(OWN_FLAGS[name]?.() ?? []),
  ]);
}

function toOption(name: keyof InferOptions, flag: InferFlag): Option {
  const { isSwitch, choices, isCount, isAmount, isList } = valuesOf(name);
  const option = new Option(isSwitch ? flagOfOption(name) : `${flagOfOption(name)} <${flag.value}>`, flag.words);
  if (choices !== null) option.choices(choices);
  if (flag.parse !== undefined) option.argParser(flag.parse);
  else if (isCount) option.argParser(parseCount);
  else if (isAmount) option.argParser(parseAmount);
  else if (isList) option.argParser(collect);
  return option;
}

/** An option's flag; what is on unless something is said has one that turns it off. */
export function flagOfOption(name: keyof InferOptions): string {
  const isOn = valuesOf(name).isSwitch && inferTable.shape[name].parse(undefined) === true;
  return isOn ? flagOf(name).replace("--", "--no-") : flagOf(name);
}

/** Which values an option takes, as the table of options says. */
function valuesOf(name: keyof InferOptions) {
  let schema: z.core.$ZodType = inferTable.shape[name];
  while ("innerType" in schema._zod.def) schema = schema._zod.def.innerType as z.core.$ZodType;
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const parts = def.type === "union" ? def.options.map((one) => (one as z.core.$ZodTypes)._zod.def) : [def];
  const isOneOf = parts.every(({ type }) => type === "enum" || type === "literal");
  return {
    isSwitch: def.type === "boolean",
    choices: isOneOf ? [...(schema._zod.values ?? [])].map(String) : null,
    isCount: schema instanceof z.ZodNumber && schema.isInt,
    isAmount: schema instanceof z.ZodNumber && !schema.isInt,
    isList: parts.some(({ type }) => type === "array" || type === "readonly"),
  };
}

/** `infer`'s flags as commander gives them: those of the facade's options by their own names, and the shell's. */
export interface InferFlags {
  readonly [flag: string]: unknown;
  readonly model?: string[];
  readonly output?: string;
  readonly unpackJson?: true;
  readonly includeFinishReason?: true;
  readonly csvFormulas?: "keep" | "escape";
  readonly dryRun?: true;
  readonly detach?: true;
  readonly timeout?: number;
  readonly json?: true;
}

/** The facade's options; those that were not given are left out, so that the facade's defaults hold.
 *  @throws {InputError} a schema or sampling parameters that can't be read */
export async function readInferOptions(flags: InferFlags): Promise<InferOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, flag] of flagEntries) {
    if (flag === null) continue;
    const option = toOption(name, flag);
    const given = flags[option.attributeName()];
    // what was not typed; a flag that turns something off is true then
    if (given === undefined || (option.negate && given === true)) continue;
    options[name] = flag.read === undefined ? given : await flag.read(given as never);
  }
  return options;
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

/** One value stays a value; several are a list. */
function oneOrAll(values: string[]): string | string[] | undefined {
  return values.length === 1 ? values[0] : values;
}
