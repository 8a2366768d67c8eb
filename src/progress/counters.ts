import type { CountName, Counts } from "./counts.js";

/** Where one worker reports; only that worker writes to it. */
export interface CounterLane {
  add(name: CountName, count: number): void;
}

/** How to reach a page from another thread: travels through `workerData` or a message. */
export type CounterHandle =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "shared"; readonly buffer: SharedArrayBuffer };

export interface PageShape {
  readonly workers: number;
  readonly rowsTotal: number;
  /** What the job had done before: a job that goes on starts from its results. Default: nothing. */
  readonly base?: Partial<Counts>;
}

/** A job's live counts. `file`: written for any process to read, many times a second. `shared`: this process's memory only. */
export interface CounterPage extends Disposable {
  readonly kind: "file" | "shared";
  /** Why the page has no file; null when it has one. */
  readonly reason: string | null;
  readonly workers: number;
  readonly rowsTotal: number;
  /** @throws {RangeError} no such worker */
  lane(worker: number): CounterLane;
  /** The base and what all workers have added.
   *  @throws {RowmillError} `ROWMILL_BAD_COUNTERS` when the file was damaged meanwhile */
  read(): Counts;
  /** What whoever watches the job is told beside its counts, e.g. what it waits for; null for nothing. */
  note(): string | null;
  /** For the process that has made the page; elsewhere nothing. Kept to its first 500 bytes. */
  setNote(note: string | null): void;
  handle(): CounterHandle;
  /** Samples the page at a fixed rate until closed; does not keep the process alive. A native thread's timer where there is a file.
   *  @param onError  the page can't be read any more; no sample follows */
  watch(intervalMs: number, onSample: (counts: Counts) => void, onError: (error: Error) => void): Disposable;
  /** The file stays: a process that watches it can still read the last counts. */
  close(): void;
}

/** @throws {RangeError} `worker` is no lane of a page of so many workers */
export function checkWorker(worker: number, workers: number): void {
  if (!Number.isInteger(worker) || worker < 0 || worker >= workers) {
    throw new RangeError(`no counter lane ${worker}: the page has ${workers}`);
  }
}
