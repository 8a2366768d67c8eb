import { type CounterHandle, type CounterLane, type CounterPage, checkWorker, type PageShape } from "./counters.js";
import { COUNT_NAMES, type Counts, countsOf } from "./counts.js";

// The memory's layout in words of 8 bytes: line 0 is the header, line 1 + w belongs to worker w. A line is a cache line, or several.
const HEADER = { workers: 0, rowsTotal: 1, base: 2 } as const;
const WORDS_PER_LINE = 8 * Math.ceil((HEADER.base + COUNT_NAMES.length) / 8);

/** What is to be told beside the counts; the runner and those who watch it here share a thread. */
const notes = new WeakMap<SharedArrayBuffer, string>();

/** Counters in this process's memory: where the addon is missing, other processes can't see them. */
export function createSharedPage(shape: PageShape, reason: string): CounterPage {
  const buffer = new SharedArrayBuffer((1 + shape.workers) * WORDS_PER_LINE * BigUint64Array.BYTES_PER_ELEMENT);
  const words = new BigUint64Array(buffer);
  words[HEADER.workers] = BigInt(shape.workers);
  words[HEADER.rowsTotal] = BigInt(shape.rowsTotal);
  words.set(
    COUNT_NAMES.map((name) => BigInt(shape.base?.[name] ?? 0)),
    HEADER.base,
  );
  return viewSharedPage(buffer, reason);
}

/** Another view of a shared page: closing one leaves the others as they are. */
export function viewSharedPage(buffer: SharedArrayBuffer, reason: string): CounterPage {
  const words = new BigUint64Array(buffer);
  const workers = wordAt(words, HEADER.workers);
  const watches = new Set<Disposable>();
  const close = () => {
    for (const watch of watches) watch[Symbol.dispose]();
  };
  const page: CounterPage = {
    kind: "shared",
    reason,
    workers,
    rowsTotal: wordAt(words, HEADER.rowsTotal),
    lane: (worker) => openSharedLane(buffer, worker),
    read: () => readCounts(words, workers),
    note: () => notes.get(buffer) ?? null,
    setNote(note) {
      if (note === null) notes.delete(buffer);
      else notes.set(buffer, note);
    },
    handle: (): CounterHandle => ({ kind: "shared", buffer }),
    watch(intervalMs, onSample) {
      const timer = setInterval(() => onSample(page.read()), intervalMs).unref();
      const watch = {
        [Symbol.dispose]() {
          clearInterval(timer);
          watches.delete(watch);
        },
      };
      watches.add(watch);
      return watch;
    },
    close,
    [Symbol.dispose]: close,
  };
  return page;
}

/** @throws {RangeError} no such worker */
export function openSharedLane(buffer: SharedArrayBuffer, worker: number): CounterLane {
  const words = new BigUint64Array(buffer);
  checkWorker(worker, wordAt(words, HEADER.workers));
  const line = (1 + worker) * WORDS_PER_LINE;
  return { add: (name, count) => void Atomics.add(words, line + COUNT_NAMES.indexOf(name), BigInt(count)) };
}

function readCounts(words: BigUint64Array, workers: number): Counts {
  return countsOf((_, place) => {
    let sum = wordAt(words, HEADER.base + place);
    for (let worker = 0; worker < workers; worker++) sum += wordAt(words, (1 + worker) * WORDS_PER_LINE + place);
    return sum;
  });
}

function wordAt(words: BigUint64Array, place: number): number {
  return Number(Atomics.load(words, place));
}
