import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
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

/** Deletes what the folder of a job to be removed holds, and forgets the job then: on a full disk forgetting it needs the room that
 *  this gives back. The empty folder goes last, since as long as it is there the removal goes on.
 *  @param forget takes the job's line out of the catalogue */
export function finishRemoval(home: string, jobId: string, forget: () => void): void {
  const folder = removedFolder(home, jobId);
  const remove = (path: string) => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  for (const name of existsSync(folder) ? readdirSync(folder) : []) remove(join(folder, name));
  forget();
  remove(folder);
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
