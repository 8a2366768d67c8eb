import { rmSync } from "node:fs";
import { type FileHandle, mkdtemp, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, messageOf } from "../errors.js";
import { beforeProcessEnds } from "../processEnd.js";
import { readBytes } from "./bytes.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";

/** The file itself, or for a gzip'd one or a stream an unpacked copy in the system's temporary folder: Parquet and Arrow files
 *  are read from their end and at random. The copy is private, and goes when the result is disposed or the process ends; on
 *  Linux it has no name from the beginning, so that not even SIGKILL leaves it.
 *  @throws {InputError} ROWMILL_NO_TEMPORARY_FOLDER, also where it has no room; and as readBytes */
export async function unpackFile(file: DataFile): Promise<{ file: DataFile } & AsyncDisposable> {
  if (!file.isGzip && file.stream === undefined) return { file, [Symbol.asyncDispose]: async () => {} };
  const copy = await makeCopy();
  try {
    await fill(copy.handle, file);
  } catch (error) {
    await copy[Symbol.asyncDispose]();
    throw isNoRoom(error) ? noRoom(file, error) : unreadable(file.path, error);
  }
  return {
    file: { path: copy.path, format: file.format, isGzip: false },
    [Symbol.asyncDispose]: copy[Symbol.asyncDispose],
  };
}

async function fill(copy: FileHandle, file: DataFile): Promise<void> {
  for await (const chunk of readBytes(file)) await copy.writeFile(chunk);
}

interface Copy extends AsyncDisposable {
  readonly handle: FileHandle;
  /** By which it can be opened as long as the handle is. */
  readonly path: string;
}

async function makeCopy(): Promise<Copy> {
  const folder = await makeFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const processEnd = beforeProcessEnds(remove);
  const path = join(folder, "data");
  const handle = await open(path, "wx+", 0o600);
  const isNameless = process.platform === "linux";
  if (isNameless) remove();
  return {
    handle,
    path: isNameless ? `/proc/self/fd/${handle.fd}` : path,
    [Symbol.asyncDispose]: async () => {
      await handle.close();
      remove();
      processEnd[Symbol.dispose]();
    },
  };
}

function isNoRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EFBIG"].includes(String(error.code));
}

function noRoom({ path }: DataFile, cause: unknown): InputError {
  return new InputError(
    "ROWMILL_NO_TEMPORARY_FOLDER",
    `The folder for temporary files, ${tmpdir()}, has no room for ${path} unpacked. Free some space there, or set TMPDIR to another.`,
    { cause },
  );
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "rowmill-unpacked-"));
  } catch (cause) {
    throw new InputError(
      "ROWMILL_NO_TEMPORARY_FOLDER",
      `The folder for temporary files, ${tmpdir()}, can't be written: ${messageOf(cause)}. Make it, or set TMPDIR to another.`,
      { cause },
    );
  }
}
