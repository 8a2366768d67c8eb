import {
  Budget,
  countersPath,
  type Home,
  isPassing,
  type JobCounts,
  JobFile,
  mostFailedRows,
  type RunnerLease,
} from "../jobs/index.js";
import { type CounterPage, openCounters } from "../progress/index.js";
import type { ToWorker } from "../worker/index.js";
import { Checkpoint } from "./checkpoint.js";
import { Feeder } from "./feeder.js";
import { patiently } from "./patience.js";
import { type JobRun, JobWorkers, type WorkerEnd, type WorkerMessage } from "./runWorkers.js";
import { pendingRowsOf } from "./workerTask.js";

/** A transaction of results holds at most so much work, so that a crash loses no more. */
const CHECKPOINT_MS = 500;
const CHECKPOINT_ROWS = 5000;
/** How often the catalogue learns the counts. */
const SNAPSHOT_MS = 1000;

/** Its signal aborts when the job has to stop: it is cancelled, or the runner ends and the job is taken up again later. What is
 *  done stays. */
export interface Execution extends JobRun {
  readonly home: Home;
  readonly lease: RunnerLease;
  /** Aborts when the runner has to end: results that can't be written by then run again. */
  readonly stopping: AbortSignal;
  /** Called once, when the first results are there: the model is loaded, and what its context takes is taken. */
  readonly onLoaded: () => void;
}

/** "finished": every row has its result, or more have failed than may; otherwise why the budget left rows without. */
export type ExecutionEnd = "finished" | "stopped" | { readonly budgetFailure: string };

/** Runs a job's rows that have no result yet over the pool's workers, writing results as they come.
 *  @throws what a worker threw: the model can't be loaded, the store can't be written */
export async function executeJob(execution: Execution): Promise<ExecutionEnd> {
  const { signal } = execution;
  using file = await claimFile(execution);
  using rows = new RowsInWork(execution, file);
  using _watch = rows.watch();
  if (signal.aborted) return "stopped";
  if (!rows.mayNotGoOn) await rows.run();
  if (signal.aborted) return "stopped";
  const { budgetFailure } = rows;
  return budgetFailure === null ? "finished" : { budgetFailure };
}

/** From now on this runner alone appends results. */
async function claimFile({ home, job, lease, signal }: Execution): Promise<JobFile> {
  const file = await patiently(() => JobFile.open(home, job.jobId), signal);
  try {
    await patiently(() => file.claim(lease.token), signal);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

type Mutable<Counts> = { -readonly [Name in keyof Counts]: Counts[Name] };

/** A job's rows while workers run them: rows go out as they are asked for, results come in and are written. */
class RowsInWork implements Disposable {
  readonly #execution: Execution;
  readonly #file: JobFile;
  readonly #page: CounterPage;
  readonly #feeder: Feeder;
  readonly #checkpoint: Checkpoint;
  readonly #workers: JobWorkers;
  readonly #mostFailed: number;
  readonly #budget: Budget;
  /** Of the rows that have a result: on the counters page stand the tokens of the others as well. */
  readonly #counts: Omit<Mutable<JobCounts>, "rowsDone">;
  /** Rows that workers have, and that have no result yet. */
  #out = 0;
  /** Workers' requests for rows that are not answered yet: while the disk is full, they wait. */
  readonly #wanted: { readonly worker: WorkerEnd; readonly rows: number; isHeld: boolean }[] = [];
  /** The first worker has loaded the model. */
  #isLoaded = false;
  #hasResults = false;
  #engineWaitsFor: string | null = null;
  /** What ended the job in a timer or a message. */
  #failure: unknown = null;

  constructor(execution: Execution, file: JobFile) {
    const { home, job, plan } = execution;
    this.#execution = execution;
    this.#file = file;
    const base = file.resultCounts();
    this.#counts = { ...base };
    this.#budget = new Budget(job);
    const { rowsTotal, maxFailed } = job;
    this.#mostFailed = maxFailed === null ? Number.POSITIVE_INFINITY : mostFailedRows(maxFailed, rowsTotal);
    this.#page = openCounters(countersPath(home.path, job.jobId), { workers: plan.workers, rowsTotal, base });
    this.#feeder = new Feeder(pendingRowsOf(file, job), rowsTotal - base.rowsDone - base.rowsFailed, plan.workers);
    this.#checkpoint = new Checkpoint(file, (waitsFor) => this.#page.setNote(waitsFor ?? this.#engineWaitsFor));
    this.#workers = new JobWorkers(execution);
  }

  /** More rows have failed than may, or the budget does not last for one more. */
  get mayNotGoOn(): boolean {
    return this.#haveFailedTooOften || this.#budget.rowsLeft(this.#counts, 0) === 0;
  }

  /** Asked of the budget that has learnt what rows take: by what it was at first there might be one left. */
  get budgetFailure(): string | null {
    return this.#budget.failureOf(this.#file.resultCounts());
  }

  get #haveFailedTooOften(): boolean {
    return this.#counts.rowsFailed > this.#mostFailed;
  }

  /** Writes results and counts from time to time until it is disposed of, and at once when the job has to stop. */
  watch(): Disposable {
    const { signal } = this.#execution;
    const flush = this.#guarded(() => this.#write());
    const timers = [
      setInterval(flush, CHECKPOINT_MS),
      setInterval(
        this.#guarded(() => this.#snapshot()),
        SNAPSHOT_MS,
      ),
    ];
    // a runner that must end at once has written by then what is done
    signal.addEventListener("abort", flush);
    return {
      [Symbol.dispose]: () => {
        for (const timer of timers) clearInterval(timer);
        signal.removeEventListener("abort", flush);
        this.#guarded(() => this.#keepCounts())();
      },
    };
  }

  /** Lets the workers run until there are no rows left, the job has to stop or it fails, and writes what is done.
   *  @throws what ended it */
  async run(): Promise<void> {
    const take = (worker: WorkerEnd, message: WorkerMessage) => this.#guarded(() => this.#take(worker, message))();
    const broken = await this.#workers.runShares(this.#page, take);
    if (this.#failure === null) await this.#checkpoint.writeAll(this.#execution.stopping);
    // what is done stays done, whatever failed
    else this.#guarded(() => this.#write())();
    if (this.#failure !== null) throw this.#failure;
    if (broken !== null) throw broken.reason;
  }

  #take(worker: WorkerEnd, message: WorkerMessage): void {
    if (message.kind === "results") {
      // the KV cache and the compute buffers are there by now, too
      if (!this.#hasResults) this.#execution.onLoaded();
      this.#hasResults = true;
      this.#keep(message.results);
    } else if (message.kind === "waits") {
      this.#engineWaitsFor = message.for;
      // a disk without room is told before
      if (!this.#checkpoint.isStalled) this.#page.setNote(message.for);
    } else {
      this.#wanted.push({ worker, rows: message.rows, isHeld: false });
      this.#feed();
      // the first worker that asks for rows has loaded the model
      if (!this.#isLoaded) this.#begin();
    }
  }

  #keep(results: Extract<WorkerMessage, { kind: "results" }>["results"]): void {
    this.#checkpoint.add(results);
    this.#out -= results.length;
    for (const result of results) {
      this.#budget.learn(result);
      this.#counts.inputTokens += result.inputTokens;
      this.#counts.outputTokens += result.outputTokens;
      this.#counts.sharedTokens += result.sharedTokens ?? 0;
      if (result.output !== null && result.finish === "length") this.#counts.rowsCut++;
      if (result.output === null) this.#counts.rowsFailed++;
    }
    if (this.#haveFailedTooOften) this.#workers.stop();
    // rows that took less than they might have leave room for others
    else this.#feed();
    if (this.#checkpoint.waiting >= CHECKPOINT_ROWS && !this.#checkpoint.isStalled) this.#write();
  }

  #write(): void {
    if (this.#checkpoint.write()) this.#feed();
  }

  #feed(): void {
    if (this.#checkpoint.isStalled) return;
    for (let next = this.#wanted[0]; next !== undefined; next = this.#wanted[0]) {
      const left = this.#budget.rowsLeft(this.#counts, this.#out);
      if (left === 0) {
        if (this.#out === 0) this.#workers.stop();
        else this.#hold();
        return;
      }
      const answer = this.#feeder.answer(next.worker.lane, Math.min(next.rows, left));
      this.#out += answer.rows.length;
      next.worker.port.postMessage(answer);
      this.#wanted.shift();
    }
  }

  /** Tells who waits for rows that those in flight must end first: an engine that waited for the next one would never end them. */
  #hold(): void {
    for (const wanted of this.#wanted) {
      if (!wanted.isHeld) wanted.worker.port.postMessage({ kind: "held" } satisfies ToWorker);
      wanted.isHeld = true;
    }
  }

  #begin(): void {
    this.#isLoaded = true;
    this.#tellRunning();
  }

  #tellRunning(): void {
    const { home, job, lease } = this.#execution;
    if (this.#isLoaded && home.catalog.status(job.jobId) === "STARTING")
      home.catalog.setStatus(job.jobId, ["STARTING"], "RUNNING", { runner: lease });
  }

  #snapshot(): void {
    // again, where that could not be written when it began
    this.#tellRunning();
    const { home, job, lease } = this.#execution;
    const { sharedTokens, rowsCut } = this.#counts;
    home.catalog.snapshot(job.jobId, { ...this.#page.read(), sharedTokens, rowsCut }, lease);
  }

  /** The counts of what is written, which the next runner begins with. */
  #keepCounts(): void {
    const { home, job, lease } = this.#execution;
    home.catalog.snapshot(job.jobId, this.#file.resultCounts(), lease);
  }

  /** An error in a timer must end the job, not the runner; one that passes is met again at the next tick. */
  #guarded(action: () => void): () => void {
    return () => {
      try {
        action();
      } catch (error) {
        if (isPassing(error)) return;
        this.#failure ??= error;
        this.#workers.stop();
      }
    };
  }

  [Symbol.dispose](): void {
    this.#workers[Symbol.dispose]();
    this.#page[Symbol.dispose]();
  }
}
