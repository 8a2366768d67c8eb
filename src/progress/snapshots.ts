import type { Progress } from "./progress.js";

/** One reader's side of an emitter: holds at most one snapshot, the latest, so a slow reader skips and never queues. */
export class SnapshotReader implements AsyncIterator<Progress, undefined> {
  #latest: Progress | null;
  #waiting: { resolve(result: IteratorResult<Progress, undefined>): void; reject(error: Error): void } | null = null;
  #isOver = false;
  #error: Error | null = null;
  readonly #onLeave: (reader: SnapshotReader) => void;

  /** @param first  what is known already, given out at once */
  constructor(first: Progress | null, onLeave: (reader: SnapshotReader) => void) {
    this.#latest = first;
    this.#onLeave = onLeave;
  }

  push(snapshot: Progress): void {
    if (this.#waiting) this.#settle({ done: false, value: snapshot });
    else this.#latest = snapshot;
  }

  /** After the snapshot that is held, if any, comes the end, or the error. */
  end(error: Error | null = null): void {
    this.#isOver = true;
    if (!this.#waiting) this.#error = error;
    else if (error) {
      this.#waiting.reject(error);
      this.#waiting = null;
    } else this.#settle({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Progress, undefined>> {
    const value = this.#latest;
    if (value) {
      this.#latest = null;
      return Promise.resolve({ done: false, value });
    }
    const error = this.#error;
    if (error) {
      this.#error = null;
      return Promise.reject(error);
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Progress, undefined>> {
    this.#latest = null;
    this.#error = null;
    this.end();
    this.#onLeave(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  #settle(result: IteratorResult<Progress, undefined>): void {
    this.#waiting?.resolve(result);
    this.#waiting = null;
  }
}
