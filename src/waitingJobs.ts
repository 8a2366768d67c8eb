import { existsSync } from "node:fs";
import { withPlainJson } from "./exactNumbers.js";
import { FINAL_STATUSES, type Home, type JobRecord, jobFilePath } from "./jobs/index.js";
import type { WaitingJob } from "./rowmillOptions.js";
import { waitsIn } from "./runner/index.js";

/** A home's jobs as users see them. */
export function withWaiting(home: Home, jobs: readonly JobRecord[]): WaitingJob[] {
  const waitingFor = waitsIn(home);
  return jobs.map((job) => ({
    ...job,
    // the only place of a record where a bigint may stand
    outputSchema: withPlainJson(job.outputSchema),
    isLost: FINAL_STATUSES.has(job.status) && !existsSync(jobFilePath(home.path, job.jobId)),
    waitingFor: waitingFor(job),
  }));
}

/** e.g. "job-5f0c… is waiting for space on /data" */
export function waitingSentences(home: Home): string[] {
  return withWaiting(home, home.catalog.unended()).flatMap(({ jobId, waitingFor }) =>
    waitingFor === null ? [] : [`${jobId} is waiting for ${waitingFor}`],
  );
}
