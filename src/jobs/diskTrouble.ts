import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** What keeps a disk from being written. */
export type DiskTrouble = "space" | "inodes" | "quota" | "read-only";

/** As much as a small transaction writes. */
const PROBE_BYTES = 64 * 1024;

/** Tries to write a file into a folder, and takes it away again.
 *  @returns why that failed, null where it did not or where it says nothing about the disk */
export function diskTrouble(folder: string): DiskTrouble | null {
  const path = join(folder, `.space-${process.pid}`);
  try {
    const descriptor = openSync(path, "wx", 0o600);
    try {
      for (let left = PROBE_BYTES; left > 0; ) left -= writeSync(descriptor, Buffer.alloc(left));
    } finally {
      closeSync(descriptor);
    }
    return null;
  } catch (error) {
    return troubleOf(error, folder);
  } finally {
    try {
      rmSync(path, { force: true });
    } catch {
      // a disk that is read-only has no such file
    }
  }
}

/** The disk's part in an error of the system. */
function troubleOf(error: unknown, folder: string): DiskTrouble | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EDQUOT") return "quota";
  if (code === "EROFS") return "read-only";
  if (code !== "ENOSPC") return null;
  try {
    const { files, ffree } = statfsSync(folder);
    return files > 0 && ffree === 0 ? "inodes" : "space";
  } catch {
    return "space";
  }
}

/** What to wait for, in words, e.g. "space on /data". */
export function describeTrouble(trouble: DiskTrouble, path: string): string {
  const mount = mountOf(path);
  switch (trouble) {
    case "space":
      return `space on ${mount}`;
    case "inodes":
      return `space on ${mount} (it has no inodes left: remove some files)`;
    case "quota":
      return `space on ${mount} (your quota is used up)`;
    case "read-only":
      return `${mount} to be writable again (it is mounted read-only)`;
  }
}

/** The disk under a folder: what room a user has there, and what keeps it from being written, null for nothing. */
export function diskFacts(folder: string): { mount: string; freeBytes: number; trouble: string | null } {
  const { bavail, bsize } = statfsSync(folder);
  const trouble = diskTrouble(folder);
  const words = { space: "full", inodes: "no inodes left", quota: "your quota is used up", "read-only": "read-only" };
  return { mount: mountOf(folder), freeBytes: bavail * bsize, trouble: trouble === null ? null : words[trouble] };
}

/** The folder on which the file system that holds a path is mounted. */
export function mountOf(path: string): string {
  try {
    let mount = path;
    const { dev } = statSync(path);
    while (dirname(mount) !== mount && statSync(dirname(mount)).dev === dev) mount = dirname(mount);
    return mount;
  } catch {
    return path;
  }
}
