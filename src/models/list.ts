import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { type ModelFileFacts, readModelFacts } from "./facts.js";
import { partBytes } from "./ggufFile.js";
import { type CatalogEntry, catalogNames, findInCatalog, loadCatalog, suggestModels } from "./modelCatalog.js";
import { modelsFolder } from "./pull.js";
import { resolveModel } from "./resolve.js";
import { parseModelSource, sourceFolder } from "./source.js";

/** A model that is known, or here, or both. */
export interface ModelListing {
  /** The catalogue's name, or the source of a model that was pulled without one. */
  readonly name: string;
  readonly entry: CatalogEntry | null;
  /** The source that it was pulled from; `null` while it is not here. */
  readonly source: string | null;
  readonly path: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** What is wrong with the files that are here: `null` mostly. */
  readonly problem: string | null;
}

const absent = { source: null, path: null, bytes: null, sha256: null, problem: null } as const;

/** The catalogue in its own order, then what else was pulled into the home. Reads no network and hashes nothing that
 *  has a record. */
export async function listModels(home: string): Promise<ModelListing[]> {
  const listings: ModelListing[] = [];
  const folders = new Set<string>();
  for (const entry of loadCatalog(home).entries) {
    for (const source of entry.sources) folders.add(sourceFolder(parseModelSource(source)));
    listings.push({ name: entry.name, entry, ...(await lookHere(entry.name, home)) });
  }
  for (const source of await pulledSources(home, folders)) {
    listings.push({ name: source, entry: null, ...(await lookHere(source, home)) });
  }
  return listings;
}

/** One model, with what its file says when it is here.
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND for a name that is none */
export async function showModel(
  name: string,
  options: { home: string; models?: Readonly<Record<string, string>> },
): Promise<ModelListing & { readonly facts: ModelFileFacts | null }> {
  const catalog = loadCatalog(options.home);
  const entry = findInCatalog(catalog, name)?.entry ?? null;
  const listing = { name, entry, ...(await lookHere(name, options.home, options.models)) };
  if (entry === null && listing.path === null && listing.problem === null) {
    const hint = suggestModels(name, catalogNames(catalog));
    throw new InputError(
      "ROWMILL_MODEL_NOT_FOUND",
      `no model "${name}" is known or was pulled${hint === null ? "" : `; ${hint}`}`,
    );
  }
  return { ...listing, facts: listing.path === null ? null : await readModelFacts(listing.path) };
}

async function lookHere(name: string, home: string, models?: Readonly<Record<string, string>>) {
  try {
    const found = await resolveModel(name, { home, download: false, ...(models && { models }) });
    return {
      ...absent,
      source: found.source,
      path: found.path,
      sha256: found.sha256,
      bytes: (await partBytes(found.path)).reduce((total, part) => total + part, 0),
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.code === "ROWMILL_MODEL_NOT_FOUND" ? absent : { ...absent, problem: error.message };
  }
}

/** Sources of the folders below models/ that no catalogue entry owns. */
async function pulledSources(home: string, owned: ReadonlySet<string>): Promise<string[]> {
  const sources: string[] = [];
  for (const folder of await folderNames(modelsFolder(home))) {
    if (owned.has(folder) || folder.startsWith(".") || /\.old-\d+$/.test(folder)) continue;
    try {
      const record = JSON.parse(await readFile(join(modelsFolder(home), folder, "pull.json"), "utf8")) as unknown;
      const source = (record as { source?: unknown }).source;
      if (typeof source === "string" && sourceFolder(parseModelSource(source)) === folder) sources.push(source);
    } catch {
      // a folder without a readable record is not ours to list
    }
  }
  return sources.sort();
}

async function folderNames(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true }))
      .filter((found) => found.isDirectory())
      .map((found) => found.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
