import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { EngineChoice } from "../engine/index.js";
import { countersPath, type Home, JobFile, type JobRecord, type RunnerLease } from "../jobs/index.js";
import { openCounters } from "../progress/index.js";
import type { FromWorker, ToWorker } from "../worker/index.js";
import { Checkpoint, isPassing } from "./checkpoint.js";
import { Feeder } from "./feeder.js";
import type { Plan } from "./plan.js";
import { pendingRowsOf, taskOf } from "./workerTask.js";

/** A transaction of results holds at most so much work, so that a crash loses no more. */
const CHECKPOINT_MS = 500;
const CHECKPOINT_ROWS = 5000;
/** How often the catalogue learns the counts, and the runner whether the job is to be cancelled. */
const SNAPSHOT_MS = 1000;
const CANCEL_POLL_MS = 200;

export interface Execution {
  readonly home: Home;
  readonly lease: RunnerLease;
  readonly job: JobRecord;
  readonly plan: Plan;
  readonly engine: EngineChoice;
  readonly pool: Piscina;
  /** Aborts when the runner has to stop: what is done stays, the job is taken up again later. */
  readonly signal: AbortSignal;
}

export type ExecutionEnd = "finished" | "cancelled" | "stopped";

/** Runs a job's rows that have no result yet over the pool's workers, writing results as they come.
 *  @throws what a worker threw: the model can't be loaded, the store can't be written */
export async function executeJob(execution: Execution): Promise<ExecutionEnd> {
  const { home, job, lease, plan, engine } = execution;
  using file = JobFile.open(home, job.jobId);
  const base = file.resultCounts();
  using page = openCounters(countersPath(home.path, job.jobId), {
    workers: plan.workers,
    rowsTotal: job.rowsTotal,
    base,
  });
  let sharedTokens = base.sharedTokens;
  const left = job.rowsTotal - base.rowsDone - base.rowsFailed;
  const feeder = new Feeder(pendingRowsOf(file, job), left, plan.workers);
  const checkpoint = new Checkpoint(file);
  const ports: MessagePort[] = [];
  const stop = (): void => {
    for (const port of ports) port.postMessage({ kind: "stop" } satisfies ToWorker);
  };
  /** Workers' requests for rows that are not answered yet: while the disk is full, they wait. */
  const wanted: { readonly lane: number; readonly port: MessagePort; readonly rows: number }[] = [];
  const feed = (): void => {
    if (checkpoint.isStalled) return;
    for (let next = wanted[0]; next !== undefined; next = wanted[0]) {
      next.port.postMessage(feeder.answer(next.lane, next.rows));
      wanted.shift();
    }
  };
  const write = (): void => {
    if (checkpoint.write()) feed();
  };
  let isCancelled = false;
  /** The first worker that asks for rows has loaded the model. */
  const begin = (): void => {
    if (home.catalog.status(job.jobId) === "STARTING")
      home.catalog.setStatus(job.jobId, ["STARTING"], "RUNNING", { runner: lease });
  };
  const take = (lane: number, port: MessagePort, message: Exclude<FromWorker, { kind: "end" }>): void => {
    if (message.kind === "results") {
      checkpoint.add(message.results);
      for (const result of message.results) sharedTokens += result.sharedTokens ?? 0;
      if (checkpoint.waiting >= CHECKPOINT_ROWS && !checkpoint.isStalled) write();
    } else {
      wanted.push({ lane, port, rows: message.rows });
      feed();
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
      stop();
    }
  };
  const timers = [
    setInterval(guarded(write), CHECKPOINT_MS),
    setInterval(
      guarded(() => home.catalog.snapshot(job.jobId, { ...page.read(), sharedTokens })),
      SNAPSHOT_MS,
    ),
    setInterval(
      guarded(() => {
        if (isCancelled || home.catalog.status(job.jobId) !== "CANCELLING") return;
        isCancelled = true;
        stop();
      }),
      CANCEL_POLL_MS,
    ),
  ];
  execution.signal.addEventListener("abort", stop, { once: true });
  try {
    if (execution.signal.aborted) return "stopped";
    const shares = Array.from({ length: plan.workers }, (_, lane) => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      const ended = new Promise<void>((resolve) => {
        port1.on("message", (message: FromWorker) => {
          if (message.kind === "end") resolve();
          else guarded(() => take(lane, port1, message))();
        });
      });
      const run = execution.pool.run(taskOf({ job, plan, engine, counters: page.handle(), lane, port: port2 }), {
        transferList: [port2],
      });
      // what a worker sent before its end must have arrived before the job's end is written down
      return run.then(() => ended);
    });
    const ends = await Promise.allSettled(shares.map((share) => share.catch((error) => stopAndThrow(stop, error))));
    if (failure === null) await checkpoint.writeAll(execution.signal);
    const broken = ends.find((end) => end.status === "rejected");
    if (failure !== null) throw failure;
    if (broken !== undefined) throw broken.reason;
    if (isCancelled) return "cancelled";
    return execution.signal.aborted ? "stopped" : "finished";
  } finally {
    for (const timer of timers) clearInterval(timer);
    execution.signal.removeEventListener("abort", stop);
    for (const port of ports) port.close();
    guarded(() => home.catalog.snapshot(job.jobId, file.resultCounts()))();
  }
}

function stopAndThrow(stop: () => void, error: unknown): never {
  stop();
  throw error;
}
