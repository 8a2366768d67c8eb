import type { SourceOptions } from "../data/index.js";
import type { EngineName } from "../engine/index.js";
import { InputError } from "../errors.js";
import { quoted } from "../foreignText.js";
import { readGiven } from "../given.js";
import { checkRegex } from "../grammar/index.js";
import { type FilledOptions, type InferOptions, inferTable } from "../inferTable.js";
import { type NamingText, naming, option } from "../optionNames.js";
import { type CheckedSampling, changedDrawing, samplingTable } from "../sampling.js";
import { parseStrict } from "../strictOptions.js";

/** What takes another shape when it is checked. */
type Reshaped =
  | ("model" | "name" | "description" | "inputFormat" | "csvQuotes" | "inferTypes" | "limit")
  | ("jobPriority" | "outputSchema" | "samplingParams" | "dryRun" | "stayAttached" | "engine");

/** `infer`'s options, checked and filled in. */
export interface CheckedOptions extends Omit<FilledOptions, Reshaped> {
  readonly models: readonly string[];
  readonly isModelList: boolean;
  /** No model was named. */
  readonly isDefaultModel: boolean;
  readonly names: readonly (string | null)[];
  readonly descriptions: readonly (string | null)[];
  readonly reading: SourceOptions;
  readonly priority: 0 | 1;
  readonly outputSchema: unknown;
  readonly sampling: CheckedSampling;
  readonly isDryRun: boolean;
  readonly stayAttached: boolean;
  readonly engine: EngineName;
}

/** @throws {InputError} ROWMILL_UNKNOWN_OPTION with the nearest known one, ROWMILL_BAD_OPTION */
export function checkOptions(
  options: InferOptions,
  defaults: { readonly model: string; readonly engine: EngineName },
): CheckedOptions {
  const given = readGiven("options", () => withRegexSource(options));
  const filled = parseStrict(inferTable, given, "option");
  const { model, name, description, inputFormat, csvQuotes, inferTypes, limit, ...rest } = filled;
  const { jobPriority, outputSchema, samplingParams, dryRun, stayAttached, engine, ...unchanged } = rest;
  const isModelList = Array.isArray(model);
  const models = model === undefined ? [defaults.model] : [model].flat();
  const sampling = readGiven("samplingParams", () => parseSampling(samplingParams));
  checkOutput(filled, given, sampling);
  checkTemplateArguments(unchanged.templateArguments);
  return {
    ...unchanged,
    models,
    isModelList,
    isDefaultModel: model === undefined,
    names: onePerModel("name", name, models.length, isModelList),
    descriptions: onePerModel("description", description, models.length, isModelList),
    reading: { columns: [unchanged.column ?? []].flat(), inputFormat, csvQuotes, inferTypes, limit },
    priority: jobPriority,
    outputSchema: outputSchema ?? null,
    sampling,
    isDryRun: dryRun,
    stayAttached: isModelList ? false : (stayAttached ?? jobPriority === 0),
    engine: engine ?? defaults.engine,
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
function checkOutput(filled: FilledOptions, given: InferOptions, sampling: CheckedSampling): void {
  const wrong = (message: NamingText) => new InputError("ROWMILL_BAD_OPTION", message);
  const forms = FORMS.filter((name) => filled[name] !== undefined && filled[name] !== null);
  if (forms.length > 1)
    throw wrong(
      naming`${forms.flatMap((form, at) => [at > 0 ? " and " : "", option(form)])} can't stand together: an output has one form`,
    );
  if (given.outputStyle !== undefined && forms[0] !== "outputSchema")
    throw wrong(naming`${option("outputStyle")} is about the outputs of ${option("outputSchema")}, and there is none`);
  if (given.schemaInPrompt !== undefined && forms[0] !== "outputSchema")
    throw wrong(naming`${option("schemaInPrompt")} is about ${option("outputSchema")}, and there is none`);
  const choices = filled.outputChoices ?? [];
  if (choices.includes("")) throw wrong(naming`${option("outputChoices")}: one choice is empty`);
  const seen = new Set<string>();
  const repeated = choices.find((one) => seen.size === seen.add(one).size);
  if (repeated !== undefined) throw wrong(naming`${option("outputChoices")}: ${quoted(repeated)} is given twice`);
  const broken = choices.find((one) => /\p{Surrogate}/u.test(one));
  if (broken !== undefined)
    throw wrong(naming`${option("outputChoices")}: ${quoted(broken)} is no text: it has half a character`);
  if (filled.confidence && forms[0] !== "outputSchema" && forms[0] !== "outputChoices")
    throw wrong(
      naming`${option("confidence")} needs ${option("outputSchema")} or ${option("outputChoices")}: the labels`,
    );
  if (!filled.labelProbabilities) return;
  const scoring = option("labelProbabilities");
  if (forms[0] !== "outputChoices") throw wrong(naming`${scoring} needs ${option("outputChoices")}: the labels`);
  if (filled.confidence) throw wrong(naming`${scoring} says it all: leave ${option("confidence")} out`);
  if (sampling.tokenLogprobs === true)
    throw wrong(naming`${scoring} generates no tokens: leave the sampling parameter tokenLogprobs out`);
  const idle = changedDrawing(sampling);
  if (idle !== null)
    throw wrong(
      naming`${scoring} chooses whole labels, where the sampling parameter ${idle} has no meaning: leave it out`,
    );
}

/** What the chat is made of can't be replaced. */
function checkTemplateArguments(given: object): void {
  const taken = ["messages", "add_generation_prompt"].find((name) => Object.hasOwn(given, name));
  if (taken === undefined) return;
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
