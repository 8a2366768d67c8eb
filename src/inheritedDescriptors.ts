import { fstatSync, readdirSync } from "node:fs";
import { fileId } from "./fileId.js";

/** What the process was given by whoever started it, by number. Looked at when this is first imported, which is to be before Rowmill
 *  opens anything: later a number may stand for a job's own file. */
const given = openDescriptors();

/** Whether a descriptor is open as the process was given it: stdin, stdout and stderr always count as such. */
export function isInherited(descriptor: number): boolean {
  if (descriptor <= 2) return true;
  const file = fileOf(descriptor);
  return file !== null && given.get(descriptor) === file;
}

function openDescriptors(): ReadonlyMap<number, string> {
  const open = new Map<number, string>();
  for (const number of descriptorNumbers()) {
    const file = fileOf(number);
    if (file !== null) open.set(number, file);
  }
  return open;
}

function descriptorNumbers(): number[] {
  if (process.platform === "win32") return [];
  try {
    return readdirSync("/dev/fd").map(Number);
  } catch {
    // a container without /proc
    return [];
  }
}

function fileOf(descriptor: number): string | null {
  try {
    return fileId(fstatSync(descriptor, { bigint: true }));
  } catch {
    return null;
  }
}
