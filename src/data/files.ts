import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { glob, isDynamicPattern } from "tinyglobby";
import { InputError } from "../errors.js";
import type { Column, RowBatch } from "./batch.js";
import { unreadable } from "./fileErrors.js";

export type FileFormat = "csv" | "tsv" | "jsonl" | "json" | "parquet" | "arrow" | "txt";

/** A file that exists and whose format is known. */
export interface DataFile {
  readonly path: string;
  readonly format: FileFormat;
  readonly isGzip: boolean;
}

/** A file with named columns, ready to be read. */
export interface TableFile {
  readonly columns: readonly Column[];
  /** The columns' exact types, by which files are known to fit together. */
  readonly exactTypes: readonly string[];
  batches(): AsyncIterable<RowBatch>;
}

const FORMATS: Readonly<Record<string, FileFormat>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "json",
  ".parquet": "parquet",
  ".arrow": "arrow",
  ".feather": "arrow",
  ".txt": "txt",
};

/** The files that a path or glob names, sorted by name (numbers by value), all of one format.
 *  @throws {InputError} ROWMILL_NO_SUCH_FILE, ROWMILL_UNREADABLE, ROWMILL_UNKNOWN_FORMAT, ROWMILL_MIXED_FORMATS */
export async function findFiles(path: string): Promise<readonly [DataFile, ...DataFile[]]> {
  const [first, ...others] = await Promise.all((await expandPath(path)).map(identifyFile));
  if (first === undefined)
    throw new InputError("ROWMILL_NO_SUCH_FILE", `No file matches ${path}. Check the pattern and the folder.`);
  const odd = others.find((file) => file.format !== first.format);
  if (odd !== undefined)
    throw new InputError(
      "ROWMILL_MIXED_FORMATS",
      `${path} matches ${first.path} and ${odd.path}, files of different formats. Narrow the pattern to one.`,
    );
  return [first, ...others];
}

async function expandPath(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: unknown) => error);
  if (found instanceof Error && "code" in found && found.code === "ENOENT") {
    if (!isDynamicPattern(path)) throw await noSuchFile(path);
    const paths = await glob(path, { onlyFiles: true, expandDirectories: false });
    return paths.sort(new Intl.Collator("en", { numeric: true }).compare);
  }
  if (found instanceof Error) throw unreadable(path, found);
  return [path];
}

async function identifyFile(path: string): Promise<DataFile> {
  if ((await stat(path)).isDirectory()) throw unreadable(path, Object.assign(new Error(), { code: "EISDIR" }));
  const extension = extname(path.replace(/\.gz$/i, "")).toLowerCase();
  const format = FORMATS[extension];
  if (format === undefined) throw unknownFormat(path, extension);
  return { path, format, isGzip: await hasGzipMagic(path) };
}

/** By content, not by name: a file may have lost its ".gz" or kept it after unpacking. */
async function hasGzipMagic(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function noSuchFile(path: string): Promise<InputError> {
  const names = await readdir(dirname(path)).catch(() => []);
  const nearest = names.length > 0 ? closest(basename(path), names) : undefined;
  const isNear = nearest !== undefined && distance(basename(path), nearest) <= 3;
  const advice = isNear ? `Did you mean ${nearest}?` : "Check the path.";
  return new InputError("ROWMILL_NO_SUCH_FILE", `There is no file ${path}. ${advice}`);
}

function unknownFormat(path: string, extension: string): InputError {
  const known = Object.keys(FORMATS);
  const nearest = closest(extension, known);
  const isNear = extension !== "" && distance(extension, nearest) <= 2;
  const isSheet = /^\.(xlsx?|xlsm|xlsb|ods)$/.test(extension);
  const advice = isSheet ? " Export it as CSV or Parquet first." : isNear ? ` Did you mean ${nearest}?` : "";
  const message = `${path} has no format that Rowmill reads: ${known.join(" ")}, each also with .gz.${advice}`;
  return new InputError("ROWMILL_UNKNOWN_FORMAT", message);
}
