import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBytes } from "./bytes.js";
import type { DataFile } from "./files.js";

/** The file itself, or for a gzip'd one an unpacked copy in a temporary folder: Parquet and Arrow files are read from their
 *  end and at random, which gzip does not allow. The copy goes when the result is disposed. */
export async function unpackFile(file: DataFile): Promise<{ file: DataFile } & AsyncDisposable> {
  if (!file.isGzip) return { file, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "rowmill-unpacked-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "data");
    await using copy = await open(path, "wx");
    for await (const chunk of readBytes(file.path, true)) await copy.writeFile(chunk);
    return { file: { ...file, path, isGzip: false }, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
