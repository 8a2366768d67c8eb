import type { NativeCounters, NativePage } from "../addon.js";
import { messageOf, RowmillError } from "../errors.js";
import { type CounterHandle, type CounterLane, type CounterPage, checkWorker, type PageShape } from "./counters.js";
import { COUNT_NAMES, type Counts, countsOf } from "./counts.js";

/** Makes the page's file, or starts it again in place.
 *  @throws {RowmillError} `ROWMILL_BAD_COUNTERS` when the file can't be made or holds something else */
export function createFilePage(counters: NativeCounters, path: string, shape: PageShape): CounterPage {
  const base = COUNT_NAMES.map((name) => shape.base?.[name] ?? 0);
  return asRowmillError(path, () => {
    const page = new counters.CounterPage(path, shape.workers, shape.rowsTotal, Date.now(), ...base);
    return new FilePage(counters, path, page);
  });
}

/** Reads a page that another process made; null when there is none yet.
 *  @throws {RowmillError} `ROWMILL_BAD_COUNTERS` when the file is damaged or holds something else */
export function attachFilePage(counters: NativeCounters, path: string): CounterPage | null {
  try {
    return new FilePage(counters, path, new counters.CounterPage(path));
  } catch (error) {
    if (hasCode(error, "MISSING") || hasCode(error, "UNFINISHED")) return null;
    throw badCounters(path, error);
  }
}

/** @throws {RangeError} no such worker
 *  @throws {RowmillError} `ROWMILL_BAD_COUNTERS` when there is no such page */
export function openFileLane(counters: NativeCounters, path: string, worker: number): CounterLane {
  if (!Number.isInteger(worker) || worker < 0) throw new RangeError(`no counter lane ${worker}`);
  const lane = asRowmillError(path, () => new counters.CounterLane(path, worker));
  return { add: (name, count) => lane.add(COUNT_NAMES.indexOf(name), count) };
}

class FilePage implements CounterPage {
  readonly kind = "file";
  readonly reason = null;
  readonly workers: number;
  readonly rowsTotal: number;
  readonly #counters: NativeCounters;
  readonly #path: string;
  readonly #page: NativePage;

  constructor(counters: NativeCounters, path: string, page: NativePage) {
    this.#counters = counters;
    this.#path = path;
    this.#page = page;
    this.workers = page.workers;
    this.rowsTotal = page.rowsTotal;
  }

  lane(worker: number): CounterLane {
    checkWorker(worker, this.workers);
    return openFileLane(this.#counters, this.#path, worker);
  }

  read(): Counts {
    return asRowmillError(this.#path, () => fromList(this.#page.read()));
  }

  note(): string | null {
    return asRowmillError(this.#path, () => this.#page.note()) || null;
  }

  setNote(note: string | null): void {
    asRowmillError(this.#path, () => this.#page.setNote(note ?? ""));
  }

  handle(): CounterHandle {
    return { kind: "file", path: this.#path };
  }

  watch(intervalMs: number, onSample: (counts: Counts) => void, onError: (error: Error) => void): Disposable {
    const watch = asRowmillError(
      this.#path,
      () =>
        new this.#counters.CounterWatch(this.#path, intervalMs, (error, ...counts) => {
          if (error === null) onSample(fromList(counts));
          else onError(badCounters(this.#path, new Error(error)));
        }),
    );
    return { [Symbol.dispose]: () => watch.close() };
  }

  close(): void {
    this.#page.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const fromList = (counts: readonly number[]) => countsOf((_, place) => counts[place] ?? 0);

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function badCounters(path: string, cause: unknown): RowmillError {
  const advice = "progress comes from the catalogue instead; the file may be deleted";
  const message = `no live counters in ${path}: ${messageOf(cause)} (${advice})`;
  return new RowmillError("ROWMILL_BAD_COUNTERS", message, { cause });
}

function asRowmillError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? error : badCounters(path, error);
  }
}
