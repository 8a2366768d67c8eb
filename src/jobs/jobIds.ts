import { commandFor } from "../commandLine.js";
import { InputError } from "../errors.js";
import { quoted } from "../foreignText.js";
import { nearestName } from "../nearestName.js";
import type { Store } from "./sqlite.js";

/** Letters of an id after "job-" that may stand for the whole. */
const SHORTEST_ID = 4;

/** The whole id that a beginning stands for.
 *  @throws {InputError} ROWMILL_NO_SUCH_JOB (names the nearest), ROWMILL_AMBIGUOUS_JOB */
export function resolveJobId(db: Store, home: string, jobId: string): string {
  const found = idsThatBegin(db, jobId);
  if (found.length === 1) return found[0] as string;
  if (found.length === 0) throw noSuchJob(db, home, jobId);
  const named = `${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""}`;
  throw new InputError("ROWMILL_AMBIGUOUS_JOB", `${quoted(jobId)} could be ${named}: give more of the id`);
}

/** The ids of a catalogue that begin so, the newest four; one that is whole is its own. */
export function idsThatBegin(db: Store, jobId: string): string[] {
  const whole = db.get("SELECT job_id FROM jobs WHERE job_id = ?", jobId);
  if (whole !== undefined) return [jobId];
  if (jobId.replace(/^job-/, "").length < SHORTEST_ID) return [];
  return db
    .all(
      `SELECT job_id FROM jobs WHERE substr(job_id, 1, length(?1)) = ?1 OR substr(job_id, 1, length(?2)) = ?2
       ORDER BY seq DESC LIMIT 4`,
      jobId,
      `job-${jobId}`,
    )
    .map((row) => String(row.job_id));
}

/** Says what to give instead. */
export function noSuchJob(db: Store, home: string, jobId: string): InputError {
  const ids = db.all("SELECT job_id FROM jobs ORDER BY seq DESC LIMIT 1000").map((row) => String(row.job_id));
  const list = `\`${commandFor(home, "jobs", "list")}\``;
  const begins = ids.some((id) => id.startsWith(jobId) || id.startsWith(`job-${jobId}`));
  if (jobId !== "" && begins && jobId.replace(/^job-/, "").length < SHORTEST_ID)
    return new InputError(
      "ROWMILL_NO_SUCH_JOB",
      `"${jobId}" is too short for a job's id: give at least ${SHORTEST_ID} letters behind "job-"; ${list} shows them`,
    );
  // two random ids share about a tenth of their letters in place: half is more than chance
  const near = nearestName(jobId, ids, (ids[0] ?? "").length / 2);
  const hint =
    near !== undefined
      ? `did you mean ${near}?`
      : ids.length === 0
        ? "this home has no jobs yet"
        : `${list} shows them; the newest is ${ids[0]}`;
  return new InputError("ROWMILL_NO_SUCH_JOB", `there is no job ${quoted(jobId)} in ${home}; ${hint}`);
}
