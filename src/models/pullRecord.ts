import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { commandFor } from "../commandLine.js";
import { InputError } from "../errors.js";
import { checkModelFile } from "./ggufFile.js";
import { withoutCredentials } from "./source.js";

/** Kept beside the pulled files, so that a folder is complete and known, or not there at all. */
const RECORD_FILE = "pull.json";

const pulledFile = z.object({
  name: z.string(),
  bytes: z.number(),
  /** Lets a later use see without reading the file that nothing has changed. */
  mtimeMs: z.number(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const pullRecord = z.object({ source: z.string(), pulledAt: z.string(), files: z.array(pulledFile).min(1) });

export type PulledFile = Readonly<z.infer<typeof pulledFile>>;

/** A model that lies in the home. */
export interface PulledModel {
  readonly source: string;
  /** The file to load: the only one, or the first part. */
  readonly path: string;
  readonly bytes: number;
  /** Of the file; for a split model, of its parts' hashes in order, one a line. */
  readonly sha256: string;
  readonly files: readonly PulledFile[];
  readonly pulledAt: string;
}

/** Hashes the model's files in a folder and writes the record beside them.
 *  @throws {InputError} when the folder holds no whole GGUF model */
export async function recordPull(folder: string, source: string, signal?: AbortSignal): Promise<PulledModel> {
  const names = await ggufNames(folder);
  const first = names[0];
  if (first === undefined) throw new InputError("ROWMILL_NOT_A_MODEL", `${source} holds no .gguf file`);
  await checkModelFile(join(folder, first));
  const files: PulledFile[] = [];
  for (const name of names) files.push(await describeFile(folder, name, signal));
  const record = { source, pulledAt: new Date().toISOString(), files };
  await writeRecord(folder, record);
  return toPulledModel(folder, record);
}

/** The model that a folder holds, `null` when there is none. A record that is damaged or gone is made again from the
 *  files; a file whose size or time changed is hashed again.
 *  @param verify  hash every file, whatever its time says
 *  @throws {InputError} ROWMILL_MODEL_CHANGED when a file is no longer the one that was pulled */
export async function readPull(folder: string, source: string, verify = false): Promise<PulledModel | null> {
  const names = await ggufNames(folder);
  const first = names[0];
  if (first === undefined) return null;
  await checkModelFile(join(folder, first));
  const record = await readRecord(folder, source);
  if (record === null) return recordPull(folder, source);
  const files: PulledFile[] = [];
  for (const known of record.files) files.push(await checkFile(folder, known, record.source, verify));
  const isTouched = files.some((file, index) => file !== record.files[index]);
  const checked = { ...record, files };
  if (isTouched) await writeRecord(folder, checked);
  return toPulledModel(folder, checked);
}

/** SHA-256 of a file in lower-case hexadecimal, read once, in pieces. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const pieces = createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) });
  for await (const piece of pieces) hash.update(piece as Buffer);
  return hash.digest("hex");
}

async function checkFile(folder: string, known: PulledFile, source: string, verify: boolean): Promise<PulledFile> {
  const path = join(folder, known.name);
  const changed = (how: string, cause?: unknown) => changedFile(path, source, how, cause);
  let now: { size: number; mtimeMs: number };
  try {
    now = await stat(path);
  } catch (cause) {
    throw changed("it is gone", cause);
  }
  if (now.size === known.bytes && now.mtimeMs === known.mtimeMs && !verify) return known;
  if (now.size !== known.bytes) throw changed(`${now.size} bytes instead of ${known.bytes}`);
  if ((await hashFile(path)) !== known.sha256) throw changed("its SHA-256 is another");
  return now.mtimeMs === known.mtimeMs ? known : { ...known, mtimeMs: now.mtimeMs };
}

function changedFile(path: string, source: string, how: string, cause: unknown): InputError {
  // the home's models/FOLDER/FILE
  const home = dirname(dirname(dirname(path)));
  const again = commandFor(home, "models", "pull", withoutCredentials(source), "--force");
  const hint = `pull it again with \`${again}\`, or name a .gguf file yourself`;
  return new InputError("ROWMILL_MODEL_CHANGED", `${path} is not the file that was pulled (${how}); ${hint}`, {
    cause,
  });
}

async function describeFile(folder: string, name: string, signal?: AbortSignal): Promise<PulledFile> {
  const path = join(folder, name);
  const sha256 = await hashFile(path, signal);
  const { size, mtimeMs } = await stat(path);
  return { name, bytes: size, mtimeMs, sha256 };
}

async function ggufNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.gguf$/i.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function readRecord(folder: string, source: string): Promise<z.infer<typeof pullRecord> | null> {
  try {
    const record = pullRecord.parse(JSON.parse(await readFile(join(folder, RECORD_FILE), "utf8")));
    return record.source === source ? record : null;
  } catch {
    return null; // absent or damaged: the caller makes it again from the files themselves
  }
}

async function writeRecord(folder: string, record: z.infer<typeof pullRecord>): Promise<void> {
  const path = join(folder, RECORD_FILE);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, path);
}

function toPulledModel(folder: string, record: z.infer<typeof pullRecord>): PulledModel {
  const [first] = record.files;
  if (first === undefined) throw new Error("a pull record without files");
  const joined = record.files.map((file) => `${file.sha256}\n`).join("");
  return {
    source: record.source,
    path: join(folder, first.name),
    bytes: record.files.reduce((sum, file) => sum + file.bytes, 0),
    sha256: record.files.length === 1 ? first.sha256 : createHash("sha256").update(joined).digest("hex"),
    files: record.files,
    pulledAt: record.pulledAt,
  };
}
