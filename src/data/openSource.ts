import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import { naming, option } from "../optionNames.js";
import type { RowBatch, Source } from "./batch.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import { findFiles, identifyStream } from "./files.js";
import { inferTypes } from "./inferTypes.js";
import { limitSource } from "./limitRows.js";
import { openMemory } from "./memorySource.js";
import { streamRowFiles } from "./rowFiles.js";
import { openRows } from "./rowSource.js";
import type { SourceOptions } from "./sourceOptions.js";
import { openTableFiles } from "./tableFiles.js";
import { unpackFile } from "./unpackedFile.js";

/** Opens whatever `infer` may be given, without reading its rows: a list or (async) iterable of strings or objects; an
 *  Apache Arrow Table, RecordBatch or IPC bytes; a nodejs-polars DataFrame or anything else with an Arrow door; a path,
 *  glob or file: URL of .csv .tsv .jsonl .ndjson .json .parquet .arrow .feather .txt files, gzip'd or not; a Readable of such a file's bytes.
 *  @throws {InputError} ROWMILL_NO_SUCH_FILE, ROWMILL_UNREADABLE, ROWMILL_UNKNOWN_FORMAT, ROWMILL_MIXED_FORMATS,
 *    ROWMILL_MIXED_COLUMNS, ROWMILL_MIXED_ROWS, ROWMILL_EMPTY_TABLE, ROWMILL_DUPLICATE_HEADER, ROWMILL_RAGGED_ROW, ROWMILL_NOT_UTF8;
 *    those about rows may also come while the batches are read */
export async function openSource(data: unknown, options: SourceOptions = {}): Promise<Source> {
  const source = await openAny(data, options);
  const isCsv = source.format === "csv" || source.format === "tsv";
  if ((options.csvQuotes !== undefined || options.inferTypes === true) && !isCsv) throw notCsv(source, options);
  const isCut = options.limit !== undefined && source.columns !== null;
  const read = isCut ? limitSource(source, options.limit) : source;
  return options.inferTypes === true ? inferTypes(read) : read;
}

async function openAny(data: unknown, options: SourceOptions): Promise<Source> {
  if (typeof data === "string") return openPath(data, options);
  if (typeof data === "object" && data !== null) return openGiven(data, options);
  if (options.inputFormat !== undefined) throw noFormat();
  throw new InputError(
    "ROWMILL_UNKNOWN_FORMAT",
    `The data is ${data === null ? "null" : `a ${typeof data}`}. Pass a path, a list, an iterable, an Arrow table or a DataFrame.`,
  );
}

/** Any of it may be a proxy or have getters that throw whatever they like. */
async function openGiven(data: object, options: SourceOptions): Promise<Source> {
  try {
    if (data instanceof URL && data.protocol === "file:") return await openPath(fileURLToPath(data), options);
    if (data instanceof Readable && !data.readableObjectMode) return await openStream(data, options);
    if (options.inputFormat !== undefined) throw noFormat();
    return await openMemory(data, options.limit);
  } catch (error) {
    throw unreadable("The data", error);
  }
}

async function openPath(path: string, options: SourceOptions): Promise<Source> {
  return openFiles(await findFiles(path, options.inputFormat), path, options);
}

async function openStream(stream: Readable, options: SourceOptions): Promise<Source> {
  const name = stream === process.stdin ? "standard input" : "the stream";
  return openFiles([await identifyStream(stream, name, options.inputFormat)], name, options);
}

async function openFiles(
  files: readonly [DataFile, ...DataFile[]],
  path: string,
  options: SourceOptions,
): Promise<Source> {
  const [{ format, stream }] = files;
  const isReadOnce = stream !== undefined;
  if (format === "jsonl" || format === "json" || format === "txt")
    return { ...(await openRows(streamRowFiles(files, path), options.limit)), isReadOnce };
  if (isReadOnce && (format === "parquet" || format === "arrow")) return openSpooled(files[0], path, options);
  return { ...(await openTableFiles(files, path, options)), isReadOnce };
}

/** Parquet and Arrow files are read at random: a stream of one is copied to a file first, which goes with the last row. */
async function openSpooled(file: DataFile, path: string, options: SourceOptions): Promise<Source> {
  const copy = await unpackFile(file);
  try {
    const source = await openTableFiles([copy.file], path, options);
    async function* batches(): AsyncGenerator<RowBatch> {
      try {
        yield* source.batches();
      } finally {
        await copy[Symbol.asyncDispose]();
      }
    }
    return { ...source, batches, isReadOnce: true };
  } catch (error) {
    await copy[Symbol.asyncDispose]();
    throw error;
  }
}

function notCsv({ format, path }: Source, { csvQuotes }: SourceOptions): InputError {
  const given = option(csvQuotes === undefined ? "inferTypes" : "csvQuotes");
  return new InputError(
    "ROWMILL_BAD_OPTION",
    naming`${given} is about CSV and TSV, and ${path ?? "the data"} is ${format}: leave it out`,
  );
}

function noFormat(): InputError {
  const message = naming`${option("inputFormat")} is about files and streams of bytes, and the data is in memory: leave it out`;
  return new InputError("ROWMILL_BAD_OPTION", message);
}
