import type { Home, JobRecord, RunnerLease } from "../../../src/jobs/index.js";

/** Claims the first waiting job that is to be had; of several processes that ask at once, each gets another. */
export const claimerOf =
  ({ catalog }: Home) =>
  (runner: Pick<RunnerLease, "token" | "pid">): JobRecord | null => {
    for (let queue = catalog.queue(5); queue.length > 0; queue = catalog.queue(5)) {
      for (const { jobId } of queue) {
        const job = catalog.claim(jobId, runner);
        if (job !== null) return job;
      }
    }
    return null;
  };
