import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { InputError } from "../errors.js";
import { writeAtomically } from "./atomicFile.js";
import { encodeResults } from "./encode.js";
import { FORMAT_ENDINGS, isTextFormat, RESULT_FORMATS, type ResultFormat } from "./formats.js";
import type { ResultBatch, ResultShape } from "./result.js";

const EXTENSIONS: Readonly<Record<string, ResultFormat>> = { ndjson: "jsonl" };
/** As `jobs results` prints. */
const STREAM_FORMAT: ResultFormat = "jsonl";
const DESCRIPTOR = /^\/dev\/(?:stdin|stdout|stderr|fd\/\d+)$|^\/proc\/(?:self|thread-self)\/fd\/\d+$/;

type Chunks = AsyncIterable<Uint8Array>;

/** Writes results to a file, batch by batch in bounded memory; it appears whole or not at all. The format is the path's
 *  extension, JSON Lines where a stream's path (/dev/stdout, a named pipe) has none; ".gz" after a text format compresses it.
 *  @returns the absolute path and the number of rows
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT, ROWMILL_DISK_FULL, ROWMILL_NOT_WRITABLE, and as `encodeResults` */
export async function writeResults(
  batches: AsyncIterable<ResultBatch>,
  shape: ResultShape,
  path: string,
): Promise<{ path: string; rows: number }> {
  const target = resultTarget(path);
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

/** @throws {InputError} ROWMILL_UNKNOWN_FORMAT, ROWMILL_NOT_WRITABLE for a folder that is not there: so that a job need not
 *    run before it is noticed */
export function resultTarget(path: string): { format: ResultFormat; isGzip: boolean } {
  const match = /\.([a-z]+)(\.gz)?$/i.exec(path);
  const extension = match?.[1]?.toLowerCase() ?? "";
  const known =
    EXTENSIONS[extension] ??
    RESULT_FORMATS.find((name) => name === extension) ??
    (isStream(path) ? STREAM_FORMAT : undefined);
  if (known === undefined)
    throw new InputError("ROWMILL_UNKNOWN_FORMAT", `${path} has no format that Rowmill writes: ${FORMAT_ENDINGS}.`);
  const isGzip = match?.[2] !== undefined;
  if (isGzip && !isTextFormat(known))
    throw new InputError(
      "ROWMILL_UNKNOWN_FORMAT",
      `${path}: gzip goes with text formats, not with ${known}. Drop ".gz".`,
    );
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new InputError("ROWMILL_NOT_WRITABLE", `Can't write ${path}: there is no folder ${folder}. Make it first.`);
  return { format: known, isGzip };
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

function gzip(chunks: Chunks): Chunks {
  // pipeline hands the source's error on to the packer that is read below, the callback has nothing to add
  return pipeline(chunks, createGzip(), () => {});
}
