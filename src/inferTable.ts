import { z } from "zod";
import { FILE_FORMATS, type FileFormat } from "./data/dataFile.js";
import { ENGINES, type EngineName } from "./engine/names.js";
import { JSON_STYLES, type JsonStyle } from "./jsonStyle.js";
import type { SamplingParams } from "./sampling.js";
import { SCHEMA_IN_PROMPT, type SchemaInPrompt } from "./schemaInPrompt.js";

const text = z.string();
const texts = z.array(text).min(1).readonly();
const count = z.number().int().min(0);

const MOST_CHOICES = 100_000;
/** Each is loaded to count the rows, all at once. */
const MOST_MODELS = 32;
const MOST_RETRIES = 10;
/** 0% to 100%. */
const SHARE = /^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/;
const SHARE_MEANT = 'a number of rows, or a share from "0%" to "100%"';

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** SamplingParams, each also by its snake_case name; null as if it were not there. */
export type SamplingOptions = {
  [Name in keyof SamplingParams as Name | SnakeCase<Name>]?: SamplingParams[Name] | null;
};

/** What `infer` takes beside the data. */
export interface InferOptions {
  /** Name in the catalogue, path to a .gguf, `hf:user/repo:Q4_K_M`, an URL, a registry's package, or an endpoint,
   *  `http://host:8000/v1#name`; several give one job each, detached. Default "gpt-oss-20b". */
  model?: string | readonly string[];
  /** A name for your records; an array must be as long as `model`. */
  name?: string | readonly string[] | null;
  description?: string | readonly string[] | null;
  /** Required for tables, lists of objects and files but .txt: the column to read, or several joined in order; an entry that is no column's name is
   *  a literal separator. */
  column?: string | readonly string[] | null;
  /** "auto" puts several columns in the order in which rows share the longest beginnings, which the engine then reads
   *  once: repeated columns first, found from the first 10,000 rows. It changes the prompts. Of the text between columns,
   *  what stands before its first letter or digit is a separator and stays in its place; the rest is a label and moves
   *  with the column behind it: `["Title: ", "title", "\nCountry: ", "country"]` may become `["Country: ", "country",
   *  "\nTitle: ", "title"]`. Text behind the last column stays last. So it suits labels before their values; with text
   *  that closes a value (a unit, a tag) keep "given", the default. */
  columnOrder?: "given" | "auto";
  /** The format of a file or stream, whatever its name says; a stream's is told by its first bytes where it is plain. */
  inputFormat?: FileFormat;
  /** Quotes inside an unquoted field of a CSV or TSV file: "strict" (default) refuses them, "relaxed" takes them as characters. */
  csvQuotes?: "strict" | "relaxed";
  /** Give columns of a CSV or TSV file types in the results: 64-bit integers, doubles, decimals or booleans, where every value
   *  written in that type is the text that it was; leading zeros stay text. Default false: all are strings. */
  inferTypes?: boolean;
  /** Run the first so many rows only; a table's results have those rows. */
  limit?: number;
  /** The name of the column that holds the results. Default "inference_result". */
  outputColumn?: string;
  /** 0 interactive (default), 1 production: taken after all of priority 0. */
  jobPriority?: 0 | 1;
  /** A JSON Schema (2020-12 or draft-07), a zod schema or a Standard Schema that gives a JSON Schema: every output is a valid
   *  instance. At most one of this and the next three. */
  outputSchema?: unknown;
  /** A grammar in llama.cpp's GBNF, root rule `root`: every output is a text of it. */
  outputGrammar?: string | null;
  /** An ECMA-262 regular expression (flag `u`), or a RegExp without other flags: it matches every output from beginning to end. */
  outputRegex?: string | RegExp | null;
  /** 1 to 100,000 different texts: every output is one of them. */
  outputChoices?: readonly string[] | null;
  /** With `outputChoices`: choose by the probability that the model gives each of them as a whole, and add those to the
   *  results. Temperature 0 takes the likeliest; otherwise they are drawn. Default false. */
  labelProbabilities?: boolean;
  /** With `outputSchema` or `outputChoices`: beside the output, how probable the model held each label of its fields that are
   *  one of a few scalars (enum, boolean, constants, a small range of integers), as a column `confidence`. Costs as much as
   *  to generate those labels, each once a row. Default false. */
  confidence?: boolean;
  /** White space in the outputs of a schema: "spaced" (default) `{"a": 1, "b": 2}`, "compact" `{"a":1,"b":2}`, "free" as the model
   *  likes it. */
  outputStyle?: JsonStyle;
  /** What of `outputSchema` stands behind the system prompt: "descriptions" (default) a line for each field that has a description
   *  or a title, "full" the whole schema, "off" nothing. Read once a job, since all rows begin with it. */
  schemaInPrompt?: SchemaInPrompt;
  /** How often a row runs again, each time with another seed, when its output was cut or fails the check after generation: 0 to
   *  10, default 2. At temperature 0 none does: it would write the same again. */
  schemaRetries?: number;
  /** How many rows may fail: a number of rows or a share, `"5%"`. The job stops and is FAILED as soon as more have. Default: it
   *  runs to its end, and is FAILED if more than half of its rows failed. */
  maxFailed?: number | `${number}%` | null;
  /** US dollars that a job of an endpoint may cost at most, by its prices in config.json. A row is sent only while the rest would pay
   *  for the longest one; then the job is FAILED, and what is done can be read. */
  maxCost?: number | null;
  /** The same in tokens, input and output together, for models on this machine as well. */
  maxTotalTokens?: number | null;
  systemPrompt?: string | null;
  /** Variables of the model's chat template, over those that the catalogue has for the model: `{ enable_thinking: false }`. */
  templateArguments?: Readonly<Record<string, string | number | boolean>>;
  /** Text that the model's answer begins with, behind what the chat template ends with, and that is not part of the output:
   *  `</think>`. Default: what the catalogue has for the model, mostly nothing. */
  answerPrefix?: string | null;
  samplingParams?: SamplingOptions;
  /** false (default): every row uses the job's seed; true: row i uses a hash of the job's seed and i. */
  randomSeedPerInput?: boolean;
  /** Give the estimate, run nothing. Default false. */
  dryRun?: boolean;
  /** Show the progress until the job ends. Default true for priority 0, false for priority 1 and several models. */
  stayAttached?: boolean;
  /** true (default): a row's text is cut to what fits; false: such a row becomes an error row. */
  truncateRows?: boolean;
  /** "auto" (default) takes the fastest engine that is there. */
  engine?: EngineName;
  /** Override the planner: sequences a worker, of an endpoint requests at a time. 0 (default) lets it choose. */
  slots?: number;
  /** Override the planner: compute threads a worker. 0 (default) lets it choose. */
  threads?: number;
  /** Override the planner: workers. 0 (default) lets it choose. */
  workers?: number;
}

/** `infer`'s options: which values each takes, and its default. The flags of the shell, the table in docs/options.md, the JSON Schema
 *  and what a job's record keeps come from here. What is null where nothing is said depends on the data or the model, or is off. */
export const inferTable = z.strictObject({
  model: z.union([text, z.array(text).min(1).max(MOST_MODELS).readonly()]).optional(),
  name: z
    .union([text, z.array(text).readonly()])
    .nullable()
    .default(null),
  description: z
    .union([text, z.array(text).readonly()])
    .nullable()
    .default(null),
  column: z.union([text, texts]).nullable().default(null),
  columnOrder: z.enum(["given", "auto"]).default("given"),
  inputFormat: z.enum(FILE_FORMATS).optional(),
  csvQuotes: z.enum(["strict", "relaxed"]).optional(),
  inferTypes: z.boolean().optional(),
  limit: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  outputColumn: text.min(1).default("inference_result"),
  jobPriority: z.union([z.literal(0), z.literal(1)]).default(0),
  outputSchema: z.unknown().optional(),
  outputGrammar: text.min(1).nullable().default(null),
  outputRegex: text.min(1).nullable().default(null),
  outputChoices: z.array(text).min(1).max(MOST_CHOICES).readonly().nullable().default(null),
  labelProbabilities: z.boolean().default(false),
  confidence: z.boolean().default(false),
  outputStyle: z.enum(JSON_STYLES).default("spaced"),
  /** `npm run bench:schema-in-prompt` measures the modes. */
  schemaInPrompt: z.enum(SCHEMA_IN_PROMPT).default("descriptions"),
  schemaRetries: count.max(MOST_RETRIES).default(2),
  maxFailed: z
    .union([count, text.regex(SHARE, SHARE_MEANT)])
    .nullable()
    .default(null),
  maxCost: z.number().positive().nullable().default(null),
  maxTotalTokens: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  systemPrompt: text.nullable().default(null),
  templateArguments: z.record(text, z.union([text, z.number(), z.boolean()])).default({}),
  answerPrefix: text.nullable().default(null),
  samplingParams: z.unknown().optional(),
  randomSeedPerInput: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  stayAttached: z.boolean().optional(),
  truncateRows: z.boolean().default(true),
  engine: z.enum(ENGINES).optional(),
  slots: count.default(0),
  threads: count.default(0),
  workers: count.default(0),
} satisfies Readonly<Record<keyof InferOptions, z.ZodType>>);

/** `infer`'s options, each as the table has it. */
export type FilledOptions = Readonly<z.output<typeof inferTable>>;

/** What a job's record keeps just as it was asked for. */
const RECORDED = [
  ...(["columnOrder", "outputColumn", "systemPrompt", "schemaInPrompt", "outputGrammar", "outputRegex"] as const),
  ...([
    "outputChoices",
    "outputStyle",
    "labelProbabilities",
    "schemaRetries",
    "maxFailed",
    "maxCost",
    "maxTotalTokens",
  ] as const),
  ...(["randomSeedPerInput", "truncateRows", "slots", "threads", "workers"] as const),
] satisfies readonly (keyof InferOptions)[];

export type RecordedOptions = Pick<FilledOptions, (typeof RECORDED)[number]>;

/** Those of the options that a job's record keeps just as they are. */
export function recordedOptions(options: RecordedOptions): RecordedOptions {
  return Object.fromEntries(RECORDED.map((name) => [name, options[name]])) as unknown as RecordedOptions;
}

/** What each is where nothing is said. */
export const OPTION_DEFAULTS: FilledOptions = inferTable.parse({});
