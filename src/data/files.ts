import { closeSync, constants, createReadStream, openSync, type ReadStream, writeSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { InputError } from "../errors.js";
import { nearestName } from "../nearestName.js";
import { naming, option } from "../optionNames.js";
import { beforeProcessEnds } from "../processEnd.js";
import type { Column, RowBatch } from "./batch.js";
import { readBytes } from "./bytes.js";
import { type DataFile, FILE_FORMATS, type FileFormat } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import { isGzipStart, knownBytes } from "./fileMagic.js";
import { ReadOnceStream } from "./readOnce.js";

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

/** The files that a path or glob names, sorted by name (numbers by value), all of one format; a named pipe is a stream.
 *  @param format  theirs, whatever their names say
 *  @throws {InputError} ROWMILL_NO_SUCH_FILE, ROWMILL_UNREADABLE, ROWMILL_UNKNOWN_FORMAT, ROWMILL_MIXED_FORMATS */
export async function findFiles(path: string, format?: FileFormat): Promise<readonly [DataFile, ...DataFile[]]> {
  const paths = await expandPath(path);
  const [first, ...others] = await Promise.all(paths.map((one) => identifyFile(one, format)));
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

async function identifyFile(path: string, given?: FileFormat): Promise<DataFile> {
  const found = await stat(path);
  if (found.isDirectory()) throw unreadable(path, Object.assign(new Error(), { code: "EISDIR" }));
  // a device need not have an end, and a socket can't be opened
  if (!found.isFile() && !found.isFIFO())
    throw new InputError("ROWMILL_UNREADABLE", `${path} is no file but a socket or device. Copy it into a file first.`);
  const extension = extname(path.replace(/\.gz$/i, "")).toLowerCase();
  const format = given ?? FORMATS[extension];
  if (found.isFIFO()) return await identifyStream(openPipe(path), path, format);
  if (format === undefined) throw unknownFormat(path, extension);
  return { path, format, isGzip: await hasGzipMagic(path) };
}

/** A stream of bytes as a file, its format told by its first bytes where it is not given: JSON, Parquet, Arrow, and else CSV.
 *  @param name  how messages call it
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT for one line of text without a separator, ROWMILL_EMPTY_TABLE */
export async function identifyStream(
  source: AsyncIterable<Uint8Array>,
  name: string,
  given?: FileFormat,
): Promise<DataFile> {
  const stream = new ReadOnceStream(source);
  const packed = { path: name, format: "txt", isGzip: false, stream } as const;
  const isGzip = isGzipStart(await firstBytes(packed, 2));
  const start = await firstBytes({ ...packed, isGzip }, LOOK_BYTES);
  const format = given ?? formatOf(start, name);
  return { path: name, format, isGzip, stream };
}

const LOOK_BYTES = 4096;

async function firstBytes(file: DataFile, count: number): Promise<Buffer> {
  let start = Buffer.alloc(0);
  for await (const chunk of readBytes(file)) {
    start = Buffer.concat([start, chunk]);
    if (start.length >= count) break;
  }
  return start;
}

function formatOf(start: Buffer, name: string): FileFormat {
  const known = knownBytes(start)?.format;
  if (known !== undefined) return known;
  const text = start
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (text.startsWith("{")) return "jsonl";
  if (text.startsWith("[")) return "json";
  const [line = ""] = text.split(/[\r\n]/, 1);
  if (/[,;\t|]/.test(line)) return "csv";
  if (text === "") throw new InputError("ROWMILL_EMPTY_TABLE", `${name} is empty.`);
  const message = naming`${name} does not say what it is: give its format by the option ${option("inputFormat")}, one of ${FILE_FORMATS.join(", ")}.`;
  throw new InputError("ROWMILL_UNKNOWN_FORMAT", message);
}

/** A pipe with a name. Its writer may never come, and a thread that waits for it would keep the process from ending: so the process
 *  writes to it at its end. */
function openPipe(path: string): ReadStream {
  const stream = createReadStream(path);
  const processEnd = beforeProcessEnds(() => {
    try {
      const pipe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(pipe, "\n");
      closeSync(pipe);
    } catch {
      // nobody waits any more
    }
  });
  stream.once("close", () => processEnd[Symbol.dispose]());
  return stream;
}

/** By content, not by name: a file may have lost its ".gz" or kept it after unpacking. */
async function hasGzipMagic(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return isGzipStart(buffer);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function noSuchFile(path: string): Promise<InputError> {
  const names = await readdir(dirname(path)).catch(() => []);
  const near = nearestName(basename(path), names);
  const advice = near === undefined ? "Check the path." : `Did you mean ${near}?`;
  return new InputError("ROWMILL_NO_SUCH_FILE", `There is no file ${path}. ${advice}`);
}

function unknownFormat(path: string, extension: string): InputError {
  const known = Object.keys(FORMATS);
  const near = nearestName(extension, known);
  const isSheet = /^\.(xlsx?|xlsm|xlsb|ods)$/.test(extension);
  const advice = isSheet ? " Export it as CSV or Parquet first." : near === undefined ? "" : ` Did you mean ${near}?`;
  const message = `${path} has no format that Rowmill reads: ${known.join(" ")}, each also with .gz.${advice}`;
  return new InputError("ROWMILL_UNKNOWN_FORMAT", message);
}
