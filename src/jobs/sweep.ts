import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Catalog } from "./catalog.js";
import { jobFolder, jobsFolder, submitterPath } from "./layout.js";
import { isAlive, type ProcessIdentity } from "./processIdentity.js";

/** A folder whose submitter can't be told (it died in the first instant, or belongs to another machine) is left for
 *  so long. */
const UNKNOWN_SUBMITTER_MS = 24 * 3_600_000;

/** Deletes the folders of jobs that no catalogue knows and whose submitter has died: half-made ones, and those whose
 *  removal was cut short.
 *  @returns how many */
export function sweepAbandoned(home: string, catalog: Catalog): number {
  const known = catalog.allIds();
  const strays = readdirSync(jobsFolder(home)).filter((name) => name.startsWith("job-") && !known.has(name));
  let swept = 0;
  for (const jobId of strays) {
    // the order matters: a submitter that is dead now can't enter the job after we have looked
    if (!isGone(home, jobId) || catalog.status(jobId) !== "UNKNOWN") continue;
    rmSync(jobFolder(home, jobId), { recursive: true, force: true });
    swept++;
  }
  return swept;
}

function isGone(home: string, jobId: string): boolean {
  const alive = readAlive(home, jobId);
  if (alive !== null) return !alive;
  const folder = statSync(jobFolder(home, jobId), { throwIfNoEntry: false });
  return folder !== undefined && Date.now() - folder.mtimeMs > UNKNOWN_SUBMITTER_MS;
}

/** Whether a job's submitter lives; `null` when that can't be told. */
function readAlive(home: string, jobId: string): boolean | null {
  try {
    return isAlive(JSON.parse(readFileSync(submitterPath(home, jobId), "utf8")) as ProcessIdentity);
  } catch {
    // not written yet, or cut short: nothing to go by
    return null;
  }
}
