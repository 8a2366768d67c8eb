import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { InputError, messageOf } from "../errors.js";
import { nearestNames } from "../nearestName.js";
import { parseModelSource } from "./source.js";

const price = z.strictObject({ input: z.number().nonnegative(), output: z.number().nonnegative() });
const templateArguments = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "a model's name is lower case letters, digits, '.', '_' and '-'");

const variant = z.strictObject({
  name,
  templateArguments: templateArguments.default({}),
  answerPrefix: z.string().nullable().default(null),
});

const entry = z.strictObject({
  name,
  aliases: z.array(name).default([]),
  kind: z.enum(["text", "embedding"]).default("text"),
  sources: z.array(z.string().refine(isSource, "not a model source")).min(1),
  /** All weights; `null` where it is not published. */
  parameters: z.number().positive().nullable().default(null),
  /** Weights that one token passes through, for mixtures of experts. */
  activeParameters: z.number().positive().optional(),
  contextLength: z.number().int().positive().nullable().default(null),
  licence: z.string().nullable().default(null),
  /** US dollars; what a hosted API asks for the same tokens, not what they cost on hardware of one's own. */
  pricePerMillionTokens: price.nullable().default(null),
  priceSource: z.string().default("not set"),
  /** The model can reason before it answers. */
  thinking: z.boolean().default(false),
  /** Arguments of the chat template, and text that the answer begins with; a variant has its own. */
  templateArguments: templateArguments.default({}),
  answerPrefix: z.string().nullable().default(null),
  variants: z.array(variant).default([]),
  /** Every source was found in public documentation; `sourceNote` says where, or what is missing. */
  confirmed: z.boolean().default(false),
  sourceNote: z.string().default(""),
});

const catalogFile = z.strictObject({ models: z.array(entry) });
/** A home's own file may also change single fields of a known entry. */
const homeFile = z.strictObject({ models: z.array(entry.partial().extend({ name })) });

export type CatalogEntry = Readonly<z.infer<typeof entry>>;
export type ModelVariant = Readonly<z.infer<typeof variant>>;

export interface ModelCatalog {
  readonly entries: readonly CatalogEntry[];
}

/** A name's place in the catalogue: the entry, and the variant where the name is one. */
export interface CatalogMatch {
  readonly entry: CatalogEntry;
  readonly variant: ModelVariant | null;
}

const packagedCatalog = new URL("../../models/catalog.json", import.meta.url);

/** The package's models/catalog.json, with the home's own `models.json` (the same form) laid over it: an entry of a
 *  known name changes the fields that it gives, a new name needs at least `sources`.
 *  @throws {InputError} ROWMILL_INVALID_CATALOG when the home's file is no such catalogue */
export function loadCatalog(home: string): ModelCatalog {
  const entries = new Map(readEntries(packagedCatalog).map((known) => [known.name, known]));
  const ownPath = join(home, "models.json");
  const own = readJson(ownPath);
  if (own !== undefined) {
    for (const changes of parseHomeFile(own, ownPath)) {
      const merged = entry.safeParse({ ...entries.get(changes.name), ...changes });
      if (!merged.success) throw invalidCatalog(ownPath, z.prettifyError(merged.error), changes.name);
      entries.set(changes.name, merged.data);
    }
  }
  const catalog = { entries: [...entries.values()] };
  checkNamesAreUnique(catalog, ownPath);
  return catalog;
}

/** Looks a name, an alias or a variant up; `null` when the catalogue does not know it. */
export function findInCatalog(catalog: ModelCatalog, wanted: string): CatalogMatch | null {
  const key = wanted.toLowerCase();
  for (const known of catalog.entries) {
    if (known.name === key || known.aliases.includes(key)) return { entry: known, variant: null };
    const variant = known.variants.find((candidate) => candidate.name === key);
    if (variant !== undefined) return { entry: known, variant };
  }
  return null;
}

/** Most names that a message offers for a mistyped one. */
const MOST_SUGGESTED = 3;

/** `did you mean "a" or "b"?`; null where no name is near. */
export function suggestModels(wanted: string, names: readonly string[]): string | null {
  const near = nearestNames(wanted, names).slice(0, MOST_SUGGESTED);
  return near.length === 0 ? null : `did you mean ${near.map((known) => `"${known}"`).join(" or ")}?`;
}

/** Every name that `findInCatalog` accepts. */
export function catalogNames(catalog: ModelCatalog): string[] {
  return catalog.entries.flatMap((known) => [known.name, ...known.aliases, ...known.variants.map((v) => v.name)]);
}

function readEntries(file: URL): CatalogEntry[] {
  return catalogFile.parse(JSON.parse(readFileSync(file, "utf8"))).models;
}

/** A key that is absent must stay absent: a default would overwrite what the packaged entry says. */
function parseHomeFile(own: unknown, path: string): { name: string; [field: string]: unknown }[] {
  const checked = homeFile.safeParse(own);
  if (!checked.success) throw invalidCatalog(path, z.prettifyError(checked.error));
  return (own as { models: { name: string }[] }).models;
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw invalidCatalog(path, messageOf(error));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidCatalog(path, messageOf(error));
  }
}

function checkNamesAreUnique(catalog: ModelCatalog, ownPath: string): void {
  const seen = new Set<string>();
  for (const known of catalogNames(catalog)) {
    if (seen.has(known)) throw invalidCatalog(ownPath, `the name is used twice`, known);
    seen.add(known);
  }
}

function invalidCatalog(path: string, reason: string, model?: string): InputError {
  const where = model === undefined ? path : `${path}, model "${model}"`;
  return new InputError("ROWMILL_INVALID_CATALOG", `${where}: ${reason.replace(/\s*\n\s*/g, "; ")}`);
}

function isSource(text: string): boolean {
  try {
    parseModelSource(text);
    return true;
  } catch {
    return false;
  }
}
