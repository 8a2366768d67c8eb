import type { MessagePort } from "node:worker_threads";
import type { RowMessage, ToWorker } from "../worker/index.js";

/** Rows that have no result yet, in row order. */
export interface PendingRows {
  /** @returns at most `limit` rows behind row `after`, [] when there are none left */
  read(after: number, limit: number): readonly RowMessage[];
}

const READ_AHEAD = 512;

/** Hands rows to the workers as they ask, in row order, each row once: no worker's share is fixed beforehand, and towards
 *  the end the portions shrink, so that no worker holds rows for which another one idles. */
export class Feeder {
  #buffer: RowMessage[] = [];
  #lastRead = -1;
  #isDry = false;

  /** @param left rows without a result */
  constructor(
    private readonly pending: PendingRows,
    private left: number,
    private readonly workers: number,
  ) {}

  /** Answers a worker's request; an answer with `isLast` ends its share. */
  feed(port: MessagePort, wanted: number): void {
    const rows: RowMessage[] = [];
    const portion = Math.min(wanted, Math.max(1, Math.ceil(this.left / this.workers)));
    while (rows.length < portion) {
      const row = this.#next();
      if (row === null) break;
      rows.push(row);
      this.left--;
    }
    port.postMessage({ kind: "rows", rows, isLast: this.#isDry && this.#buffer.length === 0 } satisfies ToWorker);
  }

  #next(): RowMessage | null {
    if (this.#buffer.length === 0 && !this.#isDry) {
      this.#buffer = [...this.pending.read(this.#lastRead, READ_AHEAD)].reverse();
      this.#lastRead = this.#buffer[0]?.index ?? this.#lastRead;
      this.#isDry = this.#buffer.length === 0;
    }
    return this.#buffer.pop() ?? null;
  }
}
