import type { JobFile } from "../jobs/index.js";
import { openCountersInMemory } from "../progress/index.js";
import type { TrialLimits } from "../schedule/index.js";
import { Feeder } from "./feeder.js";
import { type JobRun, JobWorkers, type WorkerEnd, type WorkerMessage } from "./runWorkers.js";
import type { PendingRows } from "./sharedOrder.js";
import { pendingRowsOf } from "./workerTask.js";

export interface TrialRun extends JobRun {
  readonly file: JobFile;
}

/** Runs the job's first rows without results once, and throws away what comes out. The clock runs from when all workers
 *  have the model loaded.
 *  @returns rows a second, null when the job is to stop
 *  @throws what a worker threw */
export async function runTrial(trial: TrialRun, limits: TrialLimits): Promise<number | null> {
  const { job, file, plan, signal } = trial;
  if (signal.aborted) return null;
  using page = openCountersInMemory({ workers: plan.workers, rowsTotal: limits.rows });
  using workers = new JobWorkers(trial);
  const feeder = new Feeder(firstOf(pendingRowsOf(file, job), limits.rows), limits.rows, plan.workers);
  const early: (() => void)[] = [];
  let beginMs: number | null = null;
  let endMs = 0;
  let done = 0;
  let timer: NodeJS.Timeout | undefined;
  const take = ({ lane, port }: WorkerEnd, message: WorkerMessage): void => {
    if (message.kind === "results") {
      done += message.results.length;
      endMs = performance.now();
      return;
    }
    if (message.kind === "waits") return;
    const feed = (): void => port.postMessage(feeder.answer(lane, message.rows));
    if (beginMs !== null) feed();
    else if (early.push(feed) === plan.workers) {
      beginMs = performance.now();
      if (Number.isFinite(limits.seconds)) timer = setTimeout(workers.stop, 1000 * limits.seconds);
      for (const request of early) request();
    }
  };
  const broken = await workers.runShares(page, take);
  clearTimeout(timer);
  if (broken !== null) throw broken.reason;
  if (signal.aborted) return null;
  return done === 0 ? 0 : (1000 * done) / Math.max(1, endMs - (beginMs ?? 0));
}

function firstOf(pending: PendingRows, most: number): PendingRows {
  let left = most;
  return {
    read: (after, limit) => {
      const rows = left > 0 ? pending.read(after, Math.min(limit, left)) : [];
      left -= rows.length;
      return rows;
    },
  };
}
