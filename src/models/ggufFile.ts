import { open, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError, messageOf } from "../errors.js";
import { type GgufHeader, readGgufHeader } from "./ggufHeader.js";
import { HeaderFault } from "./headerBytes.js";

const splitName = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** The files of a model: one, or all parts of a split one (`NAME-00001-of-0000N.gguf`), whichever part is named. */
export function partPaths(path: string): string[] {
  const match = splitName.exec(path);
  if (match === null) return [path];
  const total = Number(match[2]);
  const part = Number(match[1]);
  if (total === 0 || part === 0 || part > total) return [path];
  const stem = basename(path).slice(0, -match[0].length);
  const numbered = (n: number) => `${stem}-${String(n).padStart(5, "0")}-of-${match[2]}.gguf`;
  return Array.from({ length: total }, (_, index) => join(dirname(path), numbered(index + 1)));
}

/** Makes sure that a path is a whole GGUF model: every part is there and begins with GGUF's magic.
 *  @returns the path to load, which is the first part's
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL */
export async function checkModelFile(path: string): Promise<string> {
  const parts = partPaths(path);
  for (const part of parts) await checkMagic(part, parts.length);
  return parts[0] ?? path;
}

/** Makes sure that a model's headers can be believed and promise something to run, so that whoever loads the file meets no
 *  surprise that would end the process.
 *  @returns the path to load, which is the first part's
 *  @throws {InputError} ROWMILL_MODEL_NOT_FOUND, ROWMILL_NOT_A_MODEL */
export async function checkModelHeaders(path: string): Promise<string> {
  const first = await checkModelFile(path);
  const headers = partPaths(first).map(headerOf);
  const refuse = (what: string): never => {
    throw new InputError("ROWMILL_NOT_A_MODEL", `${first} ${what}`);
  };
  if (headers[0]?.architecture === null) refuse("names no architecture: it is no language model");
  if (headers.every(({ tensors }) => tensors === 0)) refuse("holds a vocabulary and no weights: take the whole model");
  if (headers[0]?.vocabulary === null) refuse("holds no vocabulary: its texts can't be turned into tokens");
  return first;
}

function headerOf(path: string): GgufHeader {
  try {
    return readGgufHeader(path);
  } catch (cause) {
    if (!(cause instanceof HeaderFault))
      throw new InputError("ROWMILL_NOT_A_MODEL", `the model file ${path} cannot be read: ${messageOf(cause)}`, {
        cause,
      });
    throw new InputError(
      "ROWMILL_NOT_A_MODEL",
      `${path} is cut off or damaged: its header ${cause.message}; fetch it again`,
      { cause },
    );
  }
}

/** Bytes of each part. */
export async function partBytes(path: string): Promise<number[]> {
  return Promise.all(partPaths(path).map(async (part) => (await stat(part)).size));
}

async function checkMagic(path: string, parts: number): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (cause) {
    const of = parts > 1 ? ` (one of the model's ${parts} parts)` : "";
    throw new InputError("ROWMILL_MODEL_NOT_FOUND", `there is no model file ${path}${of}${endpointHint(path)}`, {
      cause,
    });
  }
  if (!isFile) throw new InputError("ROWMILL_NOT_A_MODEL", `${path} is no file; name the .gguf file itself`);
  if ((await firstBytes(path, 4)) !== "GGUF") {
    throw new InputError(
      "ROWMILL_NOT_A_MODEL",
      `${path} is no GGUF model (its first bytes are not "GGUF"); it may be cut off, or be of another format`,
    );
  }
}

async function firstBytes(path: string, count: number): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(count), 0, count, 0);
      return buffer.toString("latin1", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new InputError("ROWMILL_NOT_A_MODEL", `the model file ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** An address whose beginning was left out looks like a path. */
function endpointHint(path: string): string {
  const [, address] = /([\w.-]+:\d+\/v1.*)$/.exec(path) ?? [];
  return address === undefined ? "" : `; an endpoint begins with http: or https:, as http://${address}`;
}
