import { EXIT, RowmillError } from "../errors.js";
import type { JobStatus } from "./record.js";

/** Every legal change of a stored status. UNKNOWN is an answer, never stored. */
export const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  // claimed by a runner; cancelled before anybody had it; its model is gone
  QUEUED: ["STARTING", "CANCELLED", "FAILED"],
  // first row under way; given back; taken up by the next runner; cancelled by somebody
  STARTING: ["RUNNING", "QUEUED", "STARTING", "CANCELLING", "FAILED"],
  // all rows done; preempted; taken up by the next runner; cancelled by somebody
  RUNNING: ["SUCCEEDED", "QUEUED", "STARTING", "CANCELLING", "FAILED"],
  CANCELLING: ["CANCELLED", "FAILED"],
  SUCCEEDED: [],
  CANCELLED: [],
  FAILED: [],
  UNKNOWN: [],
};

/** @throws {RowmillError} ROWMILL_ILLEGAL_TRANSITION, a bug of the caller, when a status can't follow another */
export function checkTransition(from: readonly JobStatus[], to: JobStatus): void {
  const illegal = from.find((status) => !TRANSITIONS[status].includes(to));
  if (illegal === undefined) return;
  throw new RowmillError("ROWMILL_ILLEGAL_TRANSITION", `a job can't go from ${illegal} to ${to}; please report this`, {
    exitCode: EXIT.bug,
  });
}
