import { EventEmitter } from "node:events";
import type { CounterPage } from "./counters.js";
import { type Counts, countsOf, NO_COUNTS } from "./counts.js";
import type { Progress } from "./progress.js";
import { RateWindow } from "./rateWindow.js";
import { RunClock } from "./runClock.js";
import { SnapshotReader } from "./snapshots.js";

/** What the catalogue says of a job; a job record is one. A count that it does not keep is the page's alone. */
export interface WatchedJob extends Partial<Counts> {
  readonly jobId: string;
  readonly status: string;
  readonly rowsTotal: number;
  /** In words that stand behind "waiting for"; null where it goes on. */
  readonly waitingFor: string | null;
  /** How long it has run, counted every second or two while it does. */
  readonly runSeconds: number;
}

export interface ProgressFeed {
  /** The job as it stands now; asked four times a second. */
  readonly job: () => WatchedJob | Promise<WatchedJob>;
  /** The job's live counters, asked for until they are there; null where only the catalogue's counts are. The emitter
   *  closes what it was given. */
  readonly page?: () => CounterPage | null;
  /** Snapshots a second from the page. Default 10. */
  readonly ratePerSecond?: number;
}

interface ProgressEvents {
  newListener: [event: string | symbol];
  removeListener: [event: string | symbol];
  progress: [Progress];
  /** The last snapshot: once, after the last "progress". */
  end: [Progress];
  error: [Error];
}

const JOB_POLL_MS = 250;
const FINAL = new Set(["SUCCEEDED", "CANCELLED", "FAILED"]);

/** Follows one job: events "progress" and "end", and an async iterable of snapshots. Any number may listen and iterate;
 *  who is slow gets the latest snapshot and misses those between, the last one never.
 *
 *  Begins with its first listener or iterator and ends by itself with the job. It keeps the process alive only while
 *  somebody listens or iterates. When the job can't be read any more, iterators reject and "error"
 *  is emitted. */
export class ProgressEmitter extends EventEmitter<ProgressEvents> implements AsyncIterable<Progress>, Disposable {
  readonly #feed: ProgressFeed;
  readonly #window = new RateWindow();
  readonly #clock = new RunClock();
  readonly #readers = new Set<SnapshotReader>();
  #job: WatchedJob | null = null;
  #latest: Progress | null = null;
  #page: CounterPage | null = null;
  #watch: Disposable | null = null;
  #poll: NodeJS.Timeout | null = null;
  #hasBegun = false;
  #isOver = false;
  #hasEnded = false;

  constructor(feed: ProgressFeed) {
    super();
    this.#feed = feed;
    this.on("removeListener", () => this.#holdProcess());
    this.on("newListener", () => this.#begin());
  }

  /** The last snapshot taken, null before the first. */
  get latest(): Progress | null {
    return this.#latest;
  }

  /** Whether the job has ended and `latest` is its last snapshot. */
  get ended(): boolean {
    return this.#hasEnded;
  }

  [Symbol.asyncIterator](): AsyncIterator<Progress, undefined> {
    const reader = new SnapshotReader(this.#latest, (left) => {
      this.#readers.delete(left);
      this.#holdProcess();
    });
    if (this.#isOver) reader.end();
    else {
      this.#readers.add(reader);
      this.#begin();
    }
    return reader;
  }

  /** Stops following; iterators end, and there is no "end" event unless the job has ended. */
  close(): void {
    this.#finish(null);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #begin(): void {
    if (this.#isOver) return;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#schedulePoll(0);
    } else queueMicrotask(() => this.#holdProcess());
  }

  /** The timer holds the process for listeners and iterators, never for an emitter that nobody looks at. */
  #holdProcess(): void {
    if (this.#listens()) this.#poll?.ref();
    else this.#poll?.unref();
  }

  #listens(): boolean {
    return this.#readers.size > 0 || this.listenerCount("progress") > 0 || this.listenerCount("end") > 0;
  }

  #schedulePoll(delayMs: number): void {
    this.#poll = setTimeout(() => void this.#pollJob(), delayMs);
    // Listeners are counted only after "newListener" has returned.
    queueMicrotask(() => this.#holdProcess());
  }

  async #pollJob(): Promise<void> {
    let job: WatchedJob;
    try {
      job = await this.#feed.job();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isOver) return;
    this.#job = job;
    if (FINAL.has(job.status)) {
      this.#emitLast(job);
      return;
    }
    this.#openPage();
    if (this.#isOver) return;
    // A page that is watched gives its own, more frequent samples.
    if (!this.#watch || this.#latest === null || this.#latest.status !== job.status) this.#sample(job, NO_COUNTS);
    if (!this.#isOver) this.#schedulePoll(JOB_POLL_MS);
  }

  #openPage(): void {
    if (this.#page) return;
    try {
      this.#page = this.#feed.page?.() ?? null;
      const intervalMs = 1000 / (this.#feed.ratePerSecond ?? 10);
      const onSample = (counts: Counts) => this.#job && this.#sample(this.#job, counts);
      this.#watch = this.#page?.watch(intervalMs, onSample, () => this.#closePage()) ?? null;
    } catch {
      // A damaged page costs frequency, not the job's watcher: the catalogue has the counts too.
      this.#closePage();
    }
  }

  #closePage(): void {
    this.#watch?.[Symbol.dispose]();
    this.#page?.close();
    this.#watch = null;
    this.#page = null;
  }

  #sample(job: WatchedJob, live: Counts): void {
    if (this.#isOver) return;
    // The page is ahead of the catalogue by up to a second, unless it is an earlier run's.
    const counts = furthest(job, live);
    const nowMs = performance.now();
    this.#window.add(nowMs, counts);
    const { rowsPerSecond, tokensPerSecond, expectedRowsPerSecond } = this.#window.rates();
    const left = Math.max(0, job.rowsTotal - counts.rowsDone - counts.rowsFailed);
    const remainingSeconds = expectedRowsPerSecond === null ? null : left / expectedRowsPerSecond;
    this.#publish({ ...this.#describe(job, counts), rowsPerSecond, tokensPerSecond, remainingSeconds });
  }

  /** The last snapshot's rates are those of the whole job. */
  #emitLast(job: WatchedJob): void {
    const counts = countsOf((name) => job[name] ?? this.#latest?.[name] ?? 0);
    const base = this.#describe(job, counts);
    const seconds = base.elapsedSeconds;
    const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
    const last: Progress = {
      ...base,
      remainingSeconds: 0,
      rowsPerSecond: rate(base.rowsDone + base.rowsFailed),
      tokensPerSecond: rate(base.inputTokens + base.outputTokens),
    };
    this.#hasEnded = true;
    this.#publish(last);
    this.#finish(null);
    this.emit("end", last);
  }

  #describe(job: WatchedJob, counts: Counts) {
    const elapsedSeconds = this.#clock.secondsOf(job, performance.now());
    const { jobId, status, rowsTotal, waitingFor } = job;
    return { jobId, status, rowsTotal, waitingFor, elapsedSeconds, ...counts };
  }

  #publish(snapshot: Progress): void {
    this.#latest = snapshot;
    for (const reader of this.#readers) reader.push(snapshot);
    this.emit("progress", snapshot);
  }

  #fail(thrown: unknown): void {
    if (this.#isOver) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const [hasReaders, isWatched] = [this.#readers.size > 0, this.#listens()];
    this.#finish(error);
    // an iterator throws it by itself; who has stopped looking must not be ended by it
    if (this.listenerCount("error") > 0 || (isWatched && !hasReaders)) this.emit("error", error);
  }

  #finish(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#poll) clearTimeout(this.#poll);
    this.#closePage();
    for (const reader of this.#readers) reader.end(error);
    this.#readers.clear();
  }
}

function furthest(job: Partial<Counts>, live: Counts): Counts {
  return countsOf((name) => Math.max(job[name] ?? 0, live[name]));
}
