import { createHash, randomBytes } from "node:crypto";
import { rmSync, type Stats, write } from "node:fs";
import {
  access,
  constants,
  type FileHandle,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { InputError, messageOf } from "../errors.js";
import { isInherited } from "../inheritedDescriptors.js";
import { beforeProcessEnds } from "../processEnd.js";
import { isAlive, ownIdentity, type ProcessIdentity } from "../processIdentity.js";

const writeBytes = promisify(write);
const POLL_MS = 100;
/** As many as Linux follows. */
const MOST_LINKS = 40;
const PRIVATE = 0o600;

/** Writes a file that appears whole or not at all: chunks go to a hidden, private file beside it, which is synced and renamed at the
 *  end, and removed on any error and with the process. A file that is there keeps its mode, and its owner where one may give it
 *  away; a new one gets what the umask leaves. A link stays one, its target is replaced; a pipe or device is written to as it is,
 *  and so is a file that the process was given open, by its /dev/stdout or /dev/fd/3: behind what stands there, as a shell's `>>` wants it.
 *  @throws {InputError} ROWMILL_DISK_FULL, ROWMILL_NOT_WRITABLE */
export async function writeAtomically(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    const { target, found, descriptor } = await checkWritable(path);
    if (descriptor !== null) await writeBehind(descriptor, chunks);
    else if (found !== null && !found.isFile()) await writeThrough(target, found, chunks);
    else await replaceFile(target, found, chunks);
  } catch (error) {
    throw explain(path, error);
  }
}

/** What the path stands for, and that it may be written, as far as can be known beforehand.
 *  @throws {InputError} ROWMILL_NOT_WRITABLE */
export async function checkTarget(path: string): Promise<void> {
  try {
    await checkWritable(path);
  } catch (error) {
    throw explain(path, error);
  }
}

interface Target {
  /** The path behind all links, which need not be there. */
  readonly target: string;
  readonly found: Stats | null;
  /** Where it is a file or socket that this process was given open. */
  readonly descriptor: number | null;
}

async function checkWritable(path: string): Promise<Target> {
  const { target, descriptor } = await followLinks(path);
  // it may be a job's own file
  if (descriptor !== null && !isInherited(descriptor))
    throw refusal("EBADF", `it is descriptor ${descriptor}, which was not open when the program was started`);
  const found = await stat(target).catch(nullIfMissing);
  // others are opened anew
  if (descriptor !== null && (found?.isFile() || found?.isSocket())) return { target, found, descriptor };
  if (found?.isDirectory()) throw refusal("EISDIR", "it is a folder: give a file's name in it");
  if (found?.isSocket()) throw refusal("ENXIO", "it is a socket");
  // a file that its owner made read-only is not to be replaced, which a folder's permissions would allow
  if (found !== null) await access(target, constants.W_OK);
  if (found === null || found.isFile()) await access(dirname(target), constants.W_OK);
  return { target, found, descriptor: null };
}

/** Not by realpath, which knows nothing of a link whose target is not there yet. */
async function followLinks(path: string): Promise<Pick<Target, "target" | "descriptor">> {
  let target = resolve(path);
  for (let links = 0; links <= MOST_LINKS; links += 1) {
    // what a process has open (/dev/stdout) is a link to what need not be a path
    const descriptor = await ownDescriptor(target);
    if (descriptor !== null) return { target, descriptor };
    const next = await readlink(target).catch(() => null);
    if (next === null || /^\w+:\[/.test(next)) return { target, descriptor: null };
    target = resolve(dirname(target), next);
  }
  throw refusal("ELOOP", "its links go round in a circle");
}

async function ownDescriptor(path: string): Promise<number | null> {
  const name = basename(path);
  if (!/^\d+$/.test(name)) return null;
  // a folder of descriptors has several names: /dev/fd, /proc/self/fd, /proc/thread-self/fd, a link to one
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  const isOwn = new RegExp(`^/(?:dev|proc/${process.pid}(?:/task/\\d+)?)/fd$`).test(folder);
  return isOwn ? Number(name) : null;
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

async function writeBehind(descriptor: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; ) at += await writeSome(descriptor, chunk.subarray(at));
}

async function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  try {
    return (await writeBytes(descriptor, bytes)).bytesWritten;
  } catch (error) {
    // a socket that does not block is full
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    await sleep(POLL_MS);
    return 0;
  }
}

/** To a pipe, a terminal or a device. */
async function writeThrough(path: string, found: Stats, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // kept open until the other is: a reader takes a pipe without writers for ended
  await using _ = found.isFIFO() ? await openForReader(path) : null;
  await using file = await open(path, "w");
  for await (const chunk of chunks) await file.writeFile(chunk);
}

/** Opening a pipe blocks until it has a reader, and a thread that is blocked keeps a process from ending. */
async function openForReader(path: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await sleep(POLL_MS);
    }
  }
}

async function replaceFile(target: string, found: Stats | null, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const folder = dirname(target);
  await sweepParts(folder);
  const part = join(folder, partName(ownIdentity()));
  using _ = beforeProcessEnds(() => rmSync(part, { force: true }));
  try {
    await writeAndSync(part, found, chunks);
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writeAndSync(path: string, found: Stats | null, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", PRIVATE);
  for await (const chunk of chunks) await file.writeFile(chunk);
  await takeOver(file, found);
  await file.sync();
}

/** Mode and owner of the file that it replaces. */
async function takeOver(file: FileHandle, found: Stats | null): Promise<void> {
  if (process.platform === "win32") return;
  if (found === null) return await file.chmod(0o666 & ~process.umask());
  const own = await file.stat();
  let isOwner = own.uid === found.uid && own.gid === found.gid;
  if (!isOwner)
    isOwner = await file.chown(found.uid, found.gid).then(
      () => true,
      () => false,
    );
  // rights of a group that can't be given are not for another one, and setuid never is
  await file.chmod(found.mode & (isOwner ? 0o777 : 0o707));
}

/** Removes what writers left that were killed: none but those of which this process can tell. */
async function sweepParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const writer = writerOf(name);
    if (writer === null || isAlive(writer) !== false) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** A part's name says whose it is: a folder may be shared by machines, and by containers of one host name. */
function partName({ pid, host, started }: ProcessIdentity): string {
  const start = Buffer.from(started).toString("hex");
  return `.rowmill-${digestOf(host)}-${pid}-${start}-${randomBytes(6).toString("hex")}.part`;
}

/** @returns null for any other file, and for a part from another machine, boot or container */
function writerOf(name: string): ProcessIdentity | null {
  const [, digest, pid, start] = /^\.rowmill-([0-9a-f]{16})-(\d+)-([0-9a-f]*)-[0-9a-f]{12}\.part$/.exec(name) ?? [];
  const { host } = ownIdentity();
  if (pid === undefined || start === undefined || digest !== digestOf(host)) return null;
  return { pid: Number(pid), host, started: Buffer.from(start, "hex").toString() };
}

function digestOf(host: string): string {
  return createHash("sha256").update(host).digest("hex").slice(0, 16);
}

/** The rename is durable once its folder is; Windows can't open folders and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using folder = await open(path, "r");
  await folder.sync();
}

function refusal(code: string, reason: string): Error {
  return Object.assign(new Error(reason), { code });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "it may not be changed",
  EROFS: "the file system is read-only",
  EPIPE: "its reader has left",
  ENOTDIR: "its folder is a file",
  ENAMETOOLONG: "its name is too long",
};

function explain(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ENOSPC", "EDQUOT", "EFBIG"].includes(code))
    return new InputError("ROWMILL_DISK_FULL", `No room left for ${path}. Free some space or write it elsewhere.`, {
      cause: error,
    });
  // whatever else the system says of a file is about the path that was given
  if (/^E[A-Z0-9]+$/.test(code))
    return new InputError(
      "ROWMILL_NOT_WRITABLE",
      `Can't write ${path}: ${REASONS[code] ?? messageOf(error)}. Choose another place.`,
      { cause: error },
    );
  return error;
}
