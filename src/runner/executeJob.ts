import { countersPath, type Home, isPassing, JobFile, mostFailedRows, type RunnerLease } from "../jobs/index.js";
import { openCounters } from "../progress/index.js";
import { Checkpoint } from "./checkpoint.js";
import { Feeder } from "./feeder.js";
import { patiently } from "./patience.js";
import { type JobRun, JobWorkers, type WorkerEnd, type WorkerMessage } from "./runWorkers.js";
import { pendingRowsOf } from "./workerTask.js";

/** A transaction of results holds at most so much work, so that a crash loses no more. */
const CHECKPOINT_MS = 500;
const CHECKPOINT_ROWS = 5000;
/** How often the catalogue learns the counts, and the runner whether the job is to be cancelled. */
const SNAPSHOT_MS = 1000;
const CANCEL_POLL_MS = 200;

/** Its signal aborts when the runner has to stop: what is done stays, the job is taken up again later. */
export interface Execution extends JobRun {
  readonly home: Home;
  readonly lease: RunnerLease;
}

/** "finished": every row has its result, or more have failed than may. */
export type ExecutionEnd = "finished" | "cancelled" | "stopped";

/** Runs a job's rows that have no result yet over the pool's workers, writing results as they come.
 *  @throws what a worker threw: the model can't be loaded, the store can't be written */
export async function executeJob(execution: Execution): Promise<ExecutionEnd> {
  const { home, job, lease, plan, signal } = execution;
  using file = await patiently(() => JobFile.open(home, job.jobId), signal);
  await patiently(() => file.claim(lease.token), signal);
  const base = file.resultCounts();
  using page = openCounters(countersPath(home.path, job.jobId), {
    workers: plan.workers,
    rowsTotal: job.rowsTotal,
    base,
  });
  let { sharedTokens, rowsCut, rowsFailed } = base;
  const mostFailed = job.maxFailed === null ? Number.POSITIVE_INFINITY : mostFailedRows(job.maxFailed, job.rowsTotal);
  const left = job.rowsTotal - base.rowsDone - base.rowsFailed;
  const feeder = new Feeder(pendingRowsOf(file, job), left, plan.workers);
  const checkpoint = new Checkpoint(file, (waitsFor) => page.setNote(waitsFor));
  using workers = new JobWorkers(execution);
  /** Workers' requests for rows that are not answered yet: while the disk is full, they wait. */
  const wanted: { readonly worker: WorkerEnd; readonly rows: number }[] = [];
  const feed = (): void => {
    if (checkpoint.isStalled) return;
    for (let next = wanted[0]; next !== undefined; next = wanted[0]) {
      next.worker.port.postMessage(feeder.answer(next.worker.lane, next.rows));
      wanted.shift();
    }
  };
  const write = (): void => {
    if (checkpoint.write()) feed();
  };
  let isCancelled = false;
  let isLoaded = false;
  const begin = (): void => {
    if (isLoaded && home.catalog.status(job.jobId) === "STARTING")
      home.catalog.setStatus(job.jobId, ["STARTING"], "RUNNING", { runner: lease });
  };
  const take = (worker: WorkerEnd, message: WorkerMessage): void => {
    if (message.kind === "results") {
      checkpoint.add(message.results);
      for (const result of message.results) {
        sharedTokens += result.sharedTokens ?? 0;
        if (result.output !== null && result.finish === "length") rowsCut++;
        if (result.output === null) rowsFailed++;
      }
      if (rowsFailed > mostFailed) workers.stop();
      if (checkpoint.waiting >= CHECKPOINT_ROWS && !checkpoint.isStalled) write();
    } else {
      wanted.push({ worker, rows: message.rows });
      feed();
      if (isLoaded) return;
      // the first worker that asks for rows has loaded the model
      isLoaded = true;
      begin();
    }
  };
  let failure: unknown = null;
  // a timer's error must end the job, not the runner; one that passes is met again at the next tick
  const guarded = (action: () => void) => () => {
    try {
      action();
    } catch (error) {
      if (isPassing(error)) return;
      failure ??= error;
      workers.stop();
    }
  };
  const timers = [
    setInterval(guarded(write), CHECKPOINT_MS),
    setInterval(
      guarded(() => {
        begin();
        home.catalog.snapshot(job.jobId, { ...page.read(), sharedTokens, rowsCut }, lease);
      }),
      SNAPSHOT_MS,
    ),
    setInterval(
      guarded(() => {
        if (isCancelled || home.catalog.status(job.jobId) !== "CANCELLING") return;
        isCancelled = true;
        workers.stop();
      }),
      CANCEL_POLL_MS,
    ),
  ];
  // a runner that must end at once has written by then what is done
  const flush = guarded(write);
  signal.addEventListener("abort", flush);
  try {
    if (signal.aborted) return "stopped";
    if (rowsFailed > mostFailed) return "finished";
    const broken = await workers.runShares(page, (worker, message) => guarded(() => take(worker, message))());
    if (failure === null) await checkpoint.writeAll(signal);
    // what is done stays done, whatever failed
    else flush();
    if (failure !== null) throw failure;
    if (broken !== null) throw broken.reason;
    if (isCancelled) return "cancelled";
    return signal.aborted ? "stopped" : "finished";
  } finally {
    for (const timer of timers) clearInterval(timer);
    signal.removeEventListener("abort", flush);
    guarded(() => home.catalog.snapshot(job.jobId, file.resultCounts(), lease))();
  }
}
