import { z } from "zod";
import { FILE_FORMATS, type FileFormat, type SourceOptions } from "../data/index.js";
import { ENGINES } from "../engine/index.js";
import { InputError } from "../errors.js";
import { quoted } from "../foreignText.js";
import { readGiven } from "../given.js";
import { type NamingText, naming, option } from "../optionNames.js";
import { type CheckedSampling, changedDrawing, type SamplingParams, samplingTable } from "../sampling.js";
import { checkRegex, type JsonStyle, SCHEMA_IN_PROMPT, type SchemaInPrompt } from "../schema/index.js";
import { parseStrict } from "../strictOptions.js";
import { INFER_DEFAULTS } from "./defaults.js";

const text = z.string();
const oneOrMore = z.union([text, z.array(text).min(1)]);
const count = z.number().int().min(0);

const MOST_CHOICES = 100_000;
/** Each is loaded to count the rows, all at once. */
const MOST_MODELS = 32;
const MOST_RETRIES = 10;
const QUOTES = ["strict", "relaxed"] as const;
const COLUMN_ORDERS = ["given", "auto"] as const;
/** 0% to 100%. */
const SHARE = /^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/;
const SHARE_MEANT = 'a number of rows, or a share from "0%" to "100%"';
const STYLES = ["spaced", "compact", "free"] as const satisfies readonly JsonStyle[];

type SnakeCase<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Name;

/** SamplingParams, each also by its snake_case name; null as if it were not there. */
export type SamplingOptions = {
  [Name in keyof SamplingParams as Name | SnakeCase<Name>]?: SamplingParams[Name] | null;
};

const inferSchema = z.strictObject({
  model: z.union([text, z.array(text).min(1).max(MOST_MODELS)]).optional(),
  name: z.union([text, z.array(text), z.null()]).optional(),
  description: z.union([text, z.array(text), z.null()]).optional(),
  column: oneOrMore.optional(),
  columnOrder: z.enum(COLUMN_ORDERS).optional(),
  inputFormat: z.enum(FILE_FORMATS).optional(),
  csvQuotes: z.enum(QUOTES).optional(),
  inferTypes: z.boolean().optional(),
  limit: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  outputColumn: text.min(1).optional(),
  jobPriority: z.union([z.literal(0), z.literal(1)]).optional(),
  outputSchema: z.unknown().optional(),
  outputGrammar: text.min(1).nullable().optional(),
  outputRegex: text.min(1).nullable().optional(),
  outputChoices: z.array(text).min(1).max(MOST_CHOICES).nullable().optional(),
  labelProbabilities: z.boolean().optional(),
  confidence: z.boolean().optional(),
  outputStyle: z.enum(STYLES).optional(),
  schemaInPrompt: z.enum(SCHEMA_IN_PROMPT).optional(),
  schemaRetries: count.max(MOST_RETRIES).optional(),
  maxFailed: z.union([count, z.string().regex(SHARE, SHARE_MEANT)]).optional(),
  systemPrompt: z.union([text, z.null()]).optional(),
  templateArguments: z.record(text, z.union([text, z.number(), z.boolean()])).optional(),
  answerPrefix: text.nullable().optional(),
  samplingParams: z.unknown().optional(),
  randomSeedPerInput: z.boolean().optional(),
  dryRun: z.boolean().optional(),
  stayAttached: z.boolean().optional(),
  truncateRows: z.boolean().optional(),
  engine: z.enum(ENGINES).optional(),
  slots: count.optional(),
  threads: count.optional(),
  workers: count.optional(),
});

/** What `infer` takes beside the data. */
export interface InferOptions {
  /** Name in the catalogue, path to a .gguf, `hf:user/repo:Q4_K_M`, an URL, a registry's package, or an endpoint,
   *  `http://host:8000/v1#name`; several give one job each, detached. Default "gpt-oss-20b". */
  model?: string | readonly string[];
  /** A name for your records; an array must be as long as `model`. */
  name?: string | readonly string[] | null;
  description?: string | readonly string[] | null;
  /** Required for tables and files: the column to read, or several joined in order; an entry that is no column's name is
   *  a literal separator. */
  column?: string | readonly string[];
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
  maxFailed?: number | `${number}%`;
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
  engine?: (typeof ENGINES)[number];
  /** Overrides of the planner: sequences a worker, compute threads a worker, workers. 0 (default) lets it choose. */
  slots?: number;
  threads?: number;
  workers?: number;
}

/** `infer`'s options, checked and filled in; one place for all defaults. */
export interface CheckedOptions {
  readonly models: readonly string[];
  readonly isModelList: boolean;
  /** No model was named. */
  readonly isDefaultModel: boolean;
  readonly names: readonly (string | null)[];
  readonly descriptions: readonly (string | null)[];
  readonly column: string | readonly string[] | null;
  readonly columnOrder: "given" | "auto";
  readonly reading: SourceOptions;
  readonly outputColumn: string;
  readonly priority: 0 | 1;
  readonly outputSchema: unknown;
  readonly outputGrammar: string | null;
  readonly outputRegex: string | null;
  readonly outputChoices: readonly string[] | null;
  readonly labelProbabilities: boolean;
  readonly confidence: boolean;
  readonly outputStyle: JsonStyle;
  readonly schemaInPrompt: SchemaInPrompt;
  readonly schemaRetries: number;
  readonly maxFailed: number | string | null;
  readonly systemPrompt: string | null;
  readonly templateArguments: Readonly<Record<string, unknown>>;
  /** `null` leaves it to the catalogue. */
  readonly answerPrefix: string | null;
  readonly sampling: CheckedSampling;
  readonly randomSeedPerInput: boolean;
  readonly isDryRun: boolean;
  readonly stayAttached: boolean;
  readonly truncateRows: boolean;
  readonly engine: (typeof ENGINES)[number];
  readonly slots: number;
  readonly threads: number;
  readonly workers: number;
}

/** @throws {InputError} ROWMILL_UNKNOWN_OPTION with the nearest known one, ROWMILL_BAD_OPTION */
export function checkOptions(
  options: InferOptions,
  defaults: { model: string; engine: (typeof ENGINES)[number] },
): CheckedOptions {
  const given = parseStrict(
    inferSchema,
    readGiven("options", () => withRegexSource(options)),
    "option",
  );
  const isModelList = Array.isArray(given.model);
  const models = given.model === undefined ? [defaults.model] : [given.model].flat();
  const priority = given.jobPriority ?? 0;
  const sampling = readGiven("samplingParams", () => parseSampling(given.samplingParams));
  checkOutput(given, sampling);
  return {
    models,
    isModelList,
    isDefaultModel: given.model === undefined,
    names: onePerModel("name", given.name, models.length, isModelList),
    descriptions: onePerModel("description", given.description, models.length, isModelList),
    column: given.column ?? null,
    columnOrder: given.columnOrder ?? INFER_DEFAULTS.columnOrder,
    reading: {
      columns: given.column === undefined ? [] : [given.column].flat(),
      inputFormat: given.inputFormat,
      csvQuotes: given.csvQuotes,
      inferTypes: given.inferTypes,
      limit: given.limit,
    },
    outputColumn: given.outputColumn ?? INFER_DEFAULTS.outputColumn,
    priority,
    outputSchema: given.outputSchema ?? null,
    outputGrammar: given.outputGrammar ?? null,
    outputRegex: given.outputRegex ?? null,
    outputChoices: given.outputChoices ?? null,
    labelProbabilities: given.labelProbabilities ?? false,
    confidence: given.confidence ?? false,
    outputStyle: given.outputStyle ?? INFER_DEFAULTS.outputStyle,
    schemaInPrompt: given.schemaInPrompt ?? INFER_DEFAULTS.schemaInPrompt,
    schemaRetries: given.schemaRetries ?? INFER_DEFAULTS.schemaRetries,
    maxFailed: given.maxFailed ?? INFER_DEFAULTS.maxFailed,
    systemPrompt: given.systemPrompt ?? null,
    templateArguments: checkTemplateArguments(given.templateArguments ?? {}),
    answerPrefix: given.answerPrefix ?? null,
    sampling,
    randomSeedPerInput: given.randomSeedPerInput ?? false,
    isDryRun: given.dryRun ?? false,
    stayAttached: isModelList ? false : (given.stayAttached ?? priority === 0),
    truncateRows: given.truncateRows ?? INFER_DEFAULTS.truncateRows,
    engine: given.engine ?? defaults.engine,
    slots: given.slots ?? INFER_DEFAULTS.slots,
    threads: given.threads ?? INFER_DEFAULTS.threads,
    workers: given.workers ?? INFER_DEFAULTS.workers,
  };
}

const FORMS = ["outputSchema", "outputGrammar", "outputRegex", "outputChoices"] as const;

/** A RegExp is taken as its source.
 *  @throws {InputError} ROWMILL_BAD_OPTION for flags that change what it matches, ROWMILL_INVALID_REGEX */
function withRegexSource(options: InferOptions): InferOptions {
  const given: unknown = (options as InferOptions | null)?.outputRegex;
  if (typeof given === "string") checkRegex(given);
  if (!(given instanceof RegExp)) return options;
  const flags = given.flags.replace("u", "");
  if (flags !== "")
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option("outputRegex")} has the flags ${flags}: only u can be taken, leave others out`,
    );
  return { ...options, outputRegex: given.source };
}

/** What can't stand together. */
function checkOutput(given: z.infer<typeof inferSchema>, sampling: CheckedSampling): void {
  const wrong = (message: NamingText) => new InputError("ROWMILL_BAD_OPTION", message);
  const forms = FORMS.filter((name) => given[name] !== undefined && given[name] !== null);
  if (forms.length > 1)
    throw wrong(
      naming`${forms.flatMap((form, at) => [at > 0 ? " and " : "", option(form)])} can't stand together: an output has one form`,
    );
  if (given.outputStyle !== undefined && forms[0] !== "outputSchema")
    throw wrong(naming`${option("outputStyle")} is about the outputs of ${option("outputSchema")}, and there is none`);
  if (given.schemaInPrompt !== undefined && forms[0] !== "outputSchema")
    throw wrong(naming`${option("schemaInPrompt")} is about ${option("outputSchema")}, and there is none`);
  const choices = given.outputChoices ?? [];
  if (choices.includes("")) throw wrong(naming`${option("outputChoices")}: one choice is empty`);
  const seen = new Set<string>();
  const repeated = choices.find((one) => seen.size === seen.add(one).size);
  if (repeated !== undefined) throw wrong(naming`${option("outputChoices")}: ${quoted(repeated)} is given twice`);
  const broken = choices.find((one) => /\p{Surrogate}/u.test(one));
  if (broken !== undefined)
    throw wrong(naming`${option("outputChoices")}: ${quoted(broken)} is no text: it has half a character`);
  if (given.confidence === true && forms[0] !== "outputSchema" && forms[0] !== "outputChoices")
    throw wrong(
      naming`${option("confidence")} needs ${option("outputSchema")} or ${option("outputChoices")}: the labels`,
    );
  if (given.labelProbabilities !== true) return;
  const scoring = option("labelProbabilities");
  if (forms[0] !== "outputChoices") throw wrong(naming`${scoring} needs ${option("outputChoices")}: the labels`);
  if (given.confidence === true) throw wrong(naming`${scoring} says it all: leave ${option("confidence")} out`);
  if (sampling.tokenLogprobs === true)
    throw wrong(naming`${scoring} generates no tokens: leave the sampling parameter tokenLogprobs out`);
  const idle = changedDrawing(sampling);
  if (idle !== null)
    throw wrong(
      naming`${scoring} chooses whole labels, where the sampling parameter ${idle} has no meaning: leave it out`,
    );
}

/** What the chat is made of can't be replaced. */
function checkTemplateArguments<Given extends object>(given: Given): Given {
  const taken = ["messages", "add_generation_prompt"].find((name) => Object.hasOwn(given, name));
  if (taken === undefined) return given;
  throw new InputError(
    "ROWMILL_BAD_OPTION",
    naming`${option("templateArguments")} can't have ${taken}: each row's chat is that`,
  );
}

function parseSampling(given: unknown): CheckedSampling {
  if (given === undefined || given === null) return samplingTable.parse({});
  if (typeof given !== "object" || Array.isArray(given))
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option("samplingParams")} must be an object, e.g. { temperature: 0.7 }`,
    );
  const renamed: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(given)) {
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (Object.hasOwn(renamed, camel))
      throw new InputError("ROWMILL_BAD_OPTION", naming`${option("samplingParams")} has ${camel} twice`);
    if (value !== undefined && value !== null) renamed[camel] = value;
  }
  return parseStrict(samplingTable, renamed, "sampling parameter");
}

function onePerModel(
  what: string,
  given: string | readonly string[] | null | undefined,
  models: number,
  isModelList: boolean,
) {
  if (given === undefined || given === null) return Array<null>(models).fill(null);
  if (typeof given === "string") {
    if (models === 1) return [given];
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option(what)} must be an array of ${models}, one for each model`,
    );
  }
  if (!isModelList || given.length !== models)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      naming`${option(what)} has ${given.length} entries for ${models} model${models > 1 ? "s" : ""}: it must be a string, or an array as long as ${option("model")}`,
    );
  return given;
}
