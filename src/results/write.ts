import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { InputError } from "../errors.js";
import { arrowFile } from "./arrowFile.js";
import { writeAtomically } from "./atomicFile.js";
import { planColumns } from "./columns.js";
import { RESULT_FORMATS, type ResultBatch, type ResultFormat, type ResultShape } from "./result.js";
import { jsonArray, jsonLines, separatedText, type TextWriter } from "./text.js";

const BINARY_FORMATS: ReadonlySet<ResultFormat> = new Set(["parquet", "arrow", "feather"]);
const EXTENSIONS: Readonly<Record<string, ResultFormat>> = { ndjson: "jsonl" };
/** As `jobs results` prints. */
const STREAM_FORMAT: ResultFormat = "jsonl";
const DESCRIPTOR = /^\/dev\/(?:stdin|stdout|stderr|fd\/\d+)$|^\/proc\/(?:self|thread-self)\/fd\/\d+$/;

type Chunks = AsyncIterable<Uint8Array>;

/** Writes results to a file, batch by batch in bounded memory; it appears whole or not at all. The format is the path's
 *  extension unless given, JSON Lines where a stream's path (/dev/stdout, a named pipe) has none; ".gz" after a text format compresses it. Values are written as they are: a text that begins with
 *  "=", "+", "-" or "@" is a formula to a spreadsheet that opens the CSV file, unless `csvFormulas` is "escape".
 *  @returns the absolute path and the number of rows
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT, ROWMILL_DISK_FULL, ROWMILL_NOT_WRITABLE, ROWMILL_DUPLICATE_COLUMN, and
 *    ROWMILL_INTEGER_RANGE for an integer beyond 64 bits in a Parquet or Arrow file's integer column */
export async function writeResults(
  batches: AsyncIterable<ResultBatch>,
  shape: ResultShape,
  path: string,
  format?: ResultFormat,
): Promise<{ path: string; rows: number }> {
  const target = resultTarget(path, format);
  let rows = 0;
  async function* counted(): AsyncGenerator<ResultBatch> {
    for await (const batch of batches) {
      rows += batch.rows.length;
      yield batch;
    }
  }
  const chunks = encodeResults(counted(), shape, target.format);
  const absolute = resolve(path);
  await writeAtomically(absolute, target.isGzip ? gzip(chunks) : chunks);
  return { path: absolute, rows };
}

/** The bytes of a file of results, batch by batch in bounded memory, for whoever has another place for them than a file.
 *  @throws {InputError} ROWMILL_DUPLICATE_COLUMN, ROWMILL_INTEGER_RANGE */
export function encodeResults(
  batches: AsyncIterable<ResultBatch>,
  shape: ResultShape,
  format: ResultFormat,
): AsyncIterable<Uint8Array> {
  const columns = planColumns(shape, shape.includeErrors ?? true);
  switch (format) {
    case "csv":
      return textChunks(batches, separatedText(columns, shape, ","));
    case "tsv":
      return textChunks(batches, separatedText(columns, shape, "\t"));
    case "jsonl":
      return textChunks(batches, jsonLines(columns, shape));
    case "json":
      return textChunks(batches, jsonArray(columns, shape));
    case "parquet":
      return parquetChunks(batches, columns, shape);
    case "arrow":
    case "feather":
      return arrowFile(batches, columns, shape);
  }
}

/** @throws {InputError} ROWMILL_UNKNOWN_FORMAT, ROWMILL_NOT_WRITABLE for a folder that is not there: so that a job need not
 *    run before it is noticed */
export function resultTarget(path: string, format?: ResultFormat): { format: ResultFormat; isGzip: boolean } {
  const match = /\.([a-z]+)(\.gz)?$/i.exec(path);
  const extension = match?.[1]?.toLowerCase() ?? "";
  const known =
    format ??
    EXTENSIONS[extension] ??
    RESULT_FORMATS.find((name) => name === extension) ??
    (isStream(path) ? STREAM_FORMAT : undefined);
  const list = RESULT_FORMATS.map((name) => `.${name}`).join(" ");
  if (known === undefined)
    throw new InputError("ROWMILL_UNKNOWN_FORMAT", `${path} has no format that Rowmill writes: ${list}.`);
  const isGzip = match?.[2] !== undefined;
  if (isGzip && BINARY_FORMATS.has(known))
    throw new InputError(
      "ROWMILL_UNKNOWN_FORMAT",
      `${path}: gzip goes with text formats, not with ${known}. Drop ".gz".`,
    );
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new InputError("ROWMILL_NOT_WRITABLE", `Can't write ${path}: there is no folder ${folder}. Make it first.`);
  return { format: known, isGzip };
}

/** Its writer is compiled when it is needed: that costs 0.15 s of CPU. */
async function* parquetChunks(...of: Parameters<typeof arrowFile>): AsyncGenerator<Uint8Array> {
  const { parquetFile } = await import("./parquetFile.js");
  yield* parquetFile(...of);
}

/** What the process was given open, or a pipe or device: its name says no format. */
function isStream(path: string): boolean {
  if (DESCRIPTOR.test(resolve(path))) return true;
  try {
    const found = statSync(path);
    return found.isFIFO() || found.isCharacterDevice() || found.isSocket();
  } catch {
    // what is not there, or can't be looked at, is no stream
    return false;
  }
}

async function* textChunks(batches: AsyncIterable<ResultBatch>, writer: TextWriter): AsyncGenerator<Uint8Array> {
  yield Buffer.from(writer.head, "utf8");
  for await (const batch of batches) yield Buffer.from(writer.rows(batch), "utf8");
  yield Buffer.from(writer.tail, "utf8");
}

function gzip(chunks: Chunks): Chunks {
  // pipeline hands the source's error on to the packer that is read below, the callback has nothing to add
  return pipeline(chunks, createGzip(), () => {});
}
