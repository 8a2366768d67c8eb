import type { MessagePort } from "node:worker_threads";
import type { WindowLimits } from "../prompt/index.js";
import type { RowMessage, ToWorker } from "../worker/index.js";
import { type PendingRows, SharedOrder } from "./sharedOrder.js";

/** Consecutive rows of a window, from `at` up to `end`: one worker takes them from the front. */
interface Part {
  readonly rows: readonly RowMessage[];
  at: number;
  end: number;
}

/** Hands rows to the workers as they ask, each row once, window by window in the order of `SharedOrder`. A window whose
 *  rows begin alike is cut into as many parts as there are workers, so that each gets neighbours; who has emptied its own
 *  part takes the back half of the largest one. Any other window is one part that all take from, in row order: no
 *  worker's share is fixed beforehand. Towards the job's end the portions shrink, so that no worker holds rows for which
 *  another one idles. */
export class Feeder {
  readonly #order: SharedOrder;
  /** The window that is being handed out. */
  #parts: Part[] = [];
  #isGrouped = false;
  /** Parts that no worker has begun. */
  #unowned: Part[] = [];
  readonly #own = new Map<MessagePort, Part>();
  #isDry = false;

  /** @param left rows without a result */
  constructor(
    pending: PendingRows,
    private left: number,
    private readonly workers: number,
    limits?: WindowLimits,
  ) {
    this.#order = new SharedOrder(pending, limits);
  }

  /** Answers a worker's request; an answer with `isLast` ends its share. */
  feed(port: MessagePort, wanted: number): void {
    const rows: RowMessage[] = [];
    const portion = Math.min(wanted, Math.max(1, Math.ceil(this.left / this.workers)));
    while (rows.length < portion) {
      const part = this.#partOf(port);
      if (part === null) break;
      rows.push(part.rows[part.at++] as RowMessage);
      this.left--;
    }
    port.postMessage({ kind: "rows", rows, isLast: this.#isDry } satisfies ToWorker);
  }

  /** @returns a part with a row for the worker, `null` when there are no rows any more */
  #partOf(port: MessagePort): Part | null {
    const own = this.#own.get(port);
    if (own !== undefined && sizeOf(own) > 0) return own;
    const part = this.#unowned.shift() ?? this.#halve() ?? (this.#openWindow() ? this.#unowned.shift() : undefined);
    if (part === undefined) return null;
    this.#own.set(port, part);
    return part;
  }

  /** Takes the back half of the largest part out of it; rows that are not grouped are shared, not halved. */
  #halve(): Part | undefined {
    this.#parts = this.#parts.filter((part) => sizeOf(part) > 0);
    const [first] = this.#parts;
    if (first === undefined || !this.#isGrouped) return first;
    const largest = this.#parts.reduce((most, part) => (sizeOf(part) > sizeOf(most) ? part : most), first);
    const { rows, end } = largest;
    largest.end -= Math.ceil(sizeOf(largest) / 2);
    const half = { rows, at: largest.end, end };
    this.#parts.push(half);
    return half;
  }

  #openWindow(): boolean {
    const window = this.#order.next();
    this.#isDry = window === null;
    if (window === null) return false;
    const { rows, isGrouped } = window;
    const count = isGrouped ? Math.min(this.workers, rows.length) : 1;
    const border = (part: number): number => Math.floor((part * rows.length) / count);
    this.#isGrouped = isGrouped;
    this.#parts = Array.from({ length: count }, (_, part) => ({ rows, at: border(part), end: border(part + 1) }));
    this.#unowned = [...this.#parts];
    return true;
  }
}

const sizeOf = (part: Part): number => part.end - part.at;
