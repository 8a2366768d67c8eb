import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "../errors.js";
import { naming, option } from "../optionNames.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import { knownBytes, MAGIC_BYTES, utf16Name } from "./fileMagic.js";
import { RECORD_BYTES } from "./limits.js";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;

/** Reads a file chunk by chunk, unpacking gzip.
 *  @throws {InputError} ROWMILL_NO_SUCH_FILE, ROWMILL_UNREADABLE */
export async function* readBytes(file: DataFile): AsyncGenerator<Buffer> {
  const source = file.stream?.read() ?? createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const packed = source instanceof Readable ? source : Readable.from(source);
  // pipeline hands the file's error on to the stream that is read below, the callback has nothing to add
  const stream = file.isGzip ? pipeline(packed, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : packed;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(file.path, error);
  } finally {
    stream.destroy();
    packed.destroy();
  }
}

/** Reads a text file as chunks that are valid UTF-8, each ending at a character's end, without byte order mark.
 *  @throws {InputError} ROWMILL_NOT_UTF8 with the line; and as readBytes */
export async function* readUtf8(file: DataFile): AsyncGenerator<Buffer> {
  const { path } = file;
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let isStart = true;
  for await (const read of readBytes(file)) {
    let chunk = rest.length === 0 ? read : Buffer.concat([rest, read]);
    if (isStart) {
      if (chunk.length < MAGIC_BYTES) {
        rest = chunk;
        continue;
      }
      chunk = checkedStart(path, chunk);
      isStart = false;
    }
    const end = chunk.length - unfinishedBytes(chunk);
    const whole = chunk.subarray(0, end);
    if (!isUtf8(whole)) throw notUtf8(path, line + linesBefore(whole));
    line += countNewlines(whole);
    rest = chunk.subarray(end);
    if (whole.length > 0) yield whole;
  }
  if (isStart) rest = checkedStart(path, rest);
  if (!isUtf8(rest)) throw notUtf8(path, line + linesBefore(rest));
  if (rest.length > 0) yield rest;
}

/** One line of a text file; `number` counts from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** Reads a text file line by line (LF or CRLF); a newline at the file's end starts no further line.
 *  @throws {InputError} ROWMILL_UNREADABLE for a line beyond 16 MB; and as readUtf8 */
export async function* readLines(file: DataFile): AsyncGenerator<Line> {
  const { path } = file;
  let parts: Buffer[] = [];
  let partBytes = 0;
  let number = 1;
  for await (const chunk of readUtf8(file)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const bytes = parts.length === 0 ? piece : Buffer.concat([...parts, piece]);
      yield { text: lineText(bytes), number };
      parts = [];
      partBytes = 0;
      number++;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    partBytes += chunk.length - start;
    if (partBytes > RECORD_BYTES) {
      const limit = `${RECORD_BYTES / 1024 / 1024} MB`;
      throw new InputError("ROWMILL_UNREADABLE", `${path} line ${number} is longer than ${limit}: is it a text file?`);
    }
  }
  if (partBytes > 0) yield { text: lineText(Buffer.concat(parts)), number };
}

function lineText(bytes: Buffer): string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 0x0d ? bytes.length - 1 : bytes.length;
  return bytes.toString("utf8", 0, end);
}

/** A text's first bytes without byte order mark, once it is clear that they are no other kind of file's. */
function checkedStart(path: string, bytes: Buffer): Buffer {
  const encoding = utf16Name(bytes);
  if (encoding !== null)
    throw new InputError(
      "ROWMILL_NOT_UTF8",
      `${path} is UTF-16, and Rowmill reads UTF-8. Save it as UTF-8 (iconv -f ${encoding} -t UTF-8).`,
    );
  const known = knownBytes(bytes);
  if (known !== null) {
    const advice =
      known.format === undefined
        ? "Unpack or export it first."
        : naming`Name it .${known.format}, or say so by ${option("inputFormat", known.format)}.`;
    throw new InputError("ROWMILL_UNREADABLE", naming`${path} is ${known.what}, and no text. ${advice}`);
  }
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** How many bytes at the end belong to a character that is not complete yet. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

/** How many whole lines come before the first that is not UTF-8. */
function linesBefore(bytes: Buffer): number {
  let start = 0;
  for (let line = 0; ; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function notUtf8(path: string, line: number): InputError {
  return new InputError(
    "ROWMILL_NOT_UTF8",
    `${path} line ${line} is not valid UTF-8. Save the file as UTF-8 (from Latin-1: iconv -f LATIN1 -t UTF-8).`,
  );
}
