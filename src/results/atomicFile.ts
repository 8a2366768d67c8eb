import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError, messageOf } from "../errors.js";

/** Writes a file that appears whole or not at all: chunks go to a hidden file beside it, which is synced and renamed at the
 *  end and removed on any error. A link stays one, its target is replaced; a pipe or device is written to as it is.
 *  @throws {InputError} ROWMILL_DISK_FULL, ROWMILL_NOT_WRITABLE */
export async function writeAtomically(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const part = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.part`);
  try {
    const found = await stat(target).catch(() => null);
    if (found?.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    if (found !== null && !found.isFile()) return await writeThrough(target, chunks);
    await writeAndSync(part, chunks);
    await rename(part, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(part, { force: true });
    throw explain(path, error);
  }
}

async function writeThrough(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "w");
  for await (const chunk of chunks) await file.writeFile(chunk);
}

async function writeAndSync(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx");
  for await (const chunk of chunks) await file.writeFile(chunk);
  await file.sync();
}

/** The rename is durable once its folder is; Windows can't open folders and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}

function explain(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOSPC", "EDQUOT", "EFBIG"].includes(code))
    return new InputError("ROWMILL_DISK_FULL", `No room left for ${path}. Free some space or write it elsewhere.`, {
      cause: error,
    });
  if (["ENOENT", "EACCES", "EPERM", "EROFS", "ENOTDIR", "EISDIR"].includes(code))
    return new InputError("ROWMILL_NOT_WRITABLE", `Can't write ${path}: ${messageOf(error)}. Choose another place.`, {
      cause: error,
    });
  return error;
}
