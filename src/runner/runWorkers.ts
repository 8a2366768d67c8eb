import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Piscina } from "piscina";
import type { EngineChoice } from "../engine/index.js";
import type { JobRecord } from "../jobs/index.js";
import type { CounterPage } from "../progress/index.js";
import type { Plan } from "../schedule/index.js";
import type { FromWorker, ToWorker } from "../worker/index.js";
import { taskOf } from "./workerTask.js";

/** What the workers of a pool run for a job. */
export interface JobRun {
  readonly job: JobRecord;
  readonly plan: Plan;
  readonly engine: EngineChoice;
  readonly pool: Piscina;
  /** Aborts when the workers have to stop. */
  readonly signal: AbortSignal;
}

/** A worker on the runner's side. */
export interface WorkerEnd {
  /** Its place among the workers, from 0. */
  readonly lane: number;
  readonly port: MessagePort;
}

export type WorkerMessage = Exclude<FromWorker, { kind: "end" }>;

/** The workers of one job while they run. */
export class JobWorkers implements Disposable {
  readonly #ports: MessagePort[] = [];
  readonly stop = (): void => {
    for (const port of this.#ports) port.postMessage({ kind: "stop" } satisfies ToWorker);
  };

  constructor(private readonly run: JobRun) {
    run.signal.addEventListener("abort", this.stop, { once: true });
  }

  /** Lets every worker of the plan run its share, and waits until all have ended and all that they sent has arrived. A worker
   *  that fails stops the others.
   *  @returns what the first of those that failed threw, null where none did */
  async runShares(
    page: CounterPage,
    take: (worker: WorkerEnd, message: WorkerMessage) => void,
  ): Promise<PromiseRejectedResult | null> {
    const { plan } = this.run;
    const shares = Array.from({ length: plan.workers }, (_, lane) => this.#runShare(lane, page, take));
    // the others may wait for the one that failed
    for (const share of shares) share.catch(this.stop);
    const ends = await Promise.allSettled(shares);
    return ends.find((end) => end.status === "rejected") ?? null;
  }

  async #runShare(
    lane: number,
    page: CounterPage,
    take: (worker: WorkerEnd, message: WorkerMessage) => void,
  ): Promise<void> {
    const { job, plan, engine, pool } = this.run;
    const { port1: port, port2 } = new MessageChannel();
    this.#ports.push(port);
    const ended = new Promise<void>((resolve) => {
      port.on("message", (message: FromWorker) => {
        if (message.kind === "end") resolve();
        else take({ lane, port }, message);
      });
    });
    const task = taskOf({ job, plan, engine, counters: page.handle(), lane, port: port2 });
    await pool.run(task, { transferList: [port2] });
    await ended;
  }

  [Symbol.dispose](): void {
    this.run.signal.removeEventListener("abort", this.stop);
    for (const port of this.#ports) port.close();
  }
}
