import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { EngineChoice } from "../engine/index.js";
import type { JobFile, JobRecord } from "../jobs/index.js";
import { openCountersInMemory } from "../progress/index.js";
import type { FromWorker, ToWorker } from "../worker/index.js";
import type { TrialLimits } from "./calibrate.js";
import { Feeder } from "./feeder.js";
import type { Plan } from "./plan.js";
import type { PendingRows } from "./sharedOrder.js";
import { pendingRowsOf, taskOf } from "./workerTask.js";

export interface TrialRun {
  readonly job: JobRecord;
  readonly file: JobFile;
  readonly plan: Plan;
  readonly engine: EngineChoice;
  readonly pool: Piscina;
  /** The job is to stop. */
  readonly signal: AbortSignal;
}

/** Runs the job's first rows without results once, and throws away what comes out. The clock runs from when all workers
 *  have the model loaded.
 *  @returns rows a second, null when the job is to stop
 *  @throws what a worker threw */
export async function runTrial(trial: TrialRun, limits: TrialLimits): Promise<number | null> {
  const { job, file, plan, engine, pool, signal } = trial;
  using page = openCountersInMemory({ workers: plan.workers, rowsTotal: limits.rows });
  const feeder = new Feeder(firstOf(pendingRowsOf(file, job), limits.rows), limits.rows, plan.workers);
  const ports: MessagePort[] = [];
  const stop = (): void => {
    for (const port of ports) port.postMessage({ kind: "stop" } satisfies ToWorker);
  };
  const early: (() => void)[] = [];
  let beginMs: number | null = null;
  let endMs = 0;
  let done = 0;
  let timer: NodeJS.Timeout | undefined;
  const take = (lane: number, port: MessagePort, message: Exclude<FromWorker, { kind: "end" }>): void => {
    if (message.kind === "results") {
      done += message.results.length;
      endMs = performance.now();
      return;
    }
    const feed = (): void => port.postMessage(feeder.answer(lane, message.rows));
    if (beginMs !== null) feed();
    else if (early.push(feed) === plan.workers) {
      beginMs = performance.now();
      if (Number.isFinite(limits.seconds)) timer = setTimeout(stop, 1000 * limits.seconds);
      for (const request of early) request();
    }
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) return null;
    const shares = Array.from({ length: plan.workers }, (_, lane) => {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      const ended = new Promise<void>((resolve) => {
        port1.on("message", (message: FromWorker) => {
          if (message.kind === "end") resolve();
          else take(lane, port1, message);
        });
      });
      const task = taskOf({ job, plan, engine, counters: page.handle(), lane, port: port2 });
      return pool.run(task, { transferList: [port2] }).then(() => ended);
    });
    // a worker that fails ends the others, which may wait for it
    for (const share of shares) share.catch(stop);
    const ends = await Promise.allSettled(shares);
    const broken = ends.find((end) => end.status === "rejected");
    if (broken !== undefined) throw broken.reason;
    if (signal.aborted) return null;
    return done === 0 ? 0 : (1000 * done) / Math.max(1, endMs - (beginMs ?? 0));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    for (const port of ports) port.close();
  }
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
