import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { jobFolder, jobsFolder, removedFolder } from "./layout.js";

/** Takes a job's folder out of the jobs, durably: from now on it is no job whatever becomes of the catalogue. */
export function setFolderAsideForRemoval(home: string, jobId: string): void {
  try {
    renameSync(jobFolder(home, jobId), removedFolder(home, jobId));
  } catch (error) {
    // removed by hand, or by another process
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  syncFolder(jobsFolder(home));
}

export function removeFolder(home: string, jobId: string): void {
  rmSync(removedFolder(home, jobId), { recursive: true, force: true, maxRetries: 5 });
}

/** Makes a folder's own entries durable, where the system can. */
export function syncFolder(folder: string): void {
  // Windows opens no folders
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
