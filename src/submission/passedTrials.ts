import { createHash } from "node:crypto";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileId } from "../fileId.js";
import { installedLlama } from "../llamaRelease.js";
import { partPaths } from "../models/index.js";

/** To be raised when a trial asks more of a file than it did. */
const TRIAL = 1;

/** A model's files as they are now, all parts, and who tries them. A file that is written again, renamed over or touched is
 *  another, and so is any under another llama.cpp. */
export function trialKey(path: string): string {
  const files = partPaths(path).map((part) => {
    const found = statSync(part, { bigint: true });
    return [fileId(found), found.size, found.mtimeNs, found.ctimeNs].join(":");
  });
  const { nodeLlamaCpp, llamaCppRelease } = installedLlama();
  const judge = [TRIAL, nodeLlamaCpp, llamaCppRelease, process.platform, process.arch];
  return createHash("sha256")
    .update([...judge, ...files].join("\n"))
    .digest("hex");
}

/** Whether the home remembers that a model's files passed their trial. */
export function hasPassed(home: string, key: string): boolean {
  return existsSync(join(passedFolder(home), key));
}

/** Remembers it: an empty file, so that nothing of it can be half written. A home that can't be written forgets it. */
export function keepPassed(home: string, key: string): void {
  try {
    mkdirSync(passedFolder(home), { recursive: true, mode: 0o700 });
    writeFileSync(join(passedFolder(home), key), "");
  } catch {
    // read-only, or full: the next submission tries the file again
  }
}

function passedFolder(home: string): string {
  return join(home, "models", ".tried");
}
