import { orderByBeginnings, WINDOW, WindowCutter, type WindowLimits } from "../prompt/index.js";
import type { RowMessage } from "../worker/index.js";

/** Rows that have no result yet, in row order. */
export interface PendingRows {
  /** @returns at most `limit` rows behind row `after`, [] when there are none left */
  read(after: number, limit: number): readonly RowMessage[];
}

const READ_AHEAD = 512;

/** Rows that follow each other in the order in which they are to be admitted. */
export interface Window {
  readonly rows: readonly RowMessage[];
  /** Whether rows that begin alike stand together, so that splitting them between workers costs something. */
  readonly isGrouped: boolean;
}

/** Reads the rows window by window and puts each in the order that shares the longest beginnings, where that pays. What
 *  comes is a function of the rows that have no result, never of time. */
export class SharedOrder {
  readonly #cutter: WindowCutter;
  /** Read and not yet in a window. */
  #ahead: readonly RowMessage[] = [];
  #at = 0;
  #lastRead = -1;
  /** What has been read of the next window, so that nothing that fails loses a row. */
  #begun: RowMessage[] = [];
  /** Whether that is all of it. */
  #isWhole = false;

  constructor(
    private readonly pending: PendingRows,
    limits: WindowLimits = WINDOW,
  ) {
    this.#cutter = new WindowCutter(limits);
  }

  /** @returns the next window, `null` when there is none
   *  @throws what reading or ordering threw; the next call goes on where this one stood */
  next(): Window | null {
    this.#readWindow();
    const window = this.#begun.length === 0 ? null : inOrder(this.#begun);
    this.#begun = [];
    this.#isWhole = false;
    return window;
  }

  #readWindow(): void {
    if (this.#isWhole) return;
    for (let row = this.#read(); row !== null; row = this.#read()) {
      this.#begun.push(row);
      if (this.#cutter.endsWith(row.prompt)) break;
    }
    this.#isWhole = true;
  }

  #read(): RowMessage | null {
    if (this.#at === this.#ahead.length) {
      this.#ahead = this.pending.read(this.#lastRead, READ_AHEAD);
      this.#at = 0;
      this.#lastRead = this.#ahead.at(-1)?.index ?? this.#lastRead;
    }
    return this.#ahead[this.#at++] ?? null;
  }
}

function inOrder(rows: readonly RowMessage[]): Window {
  const order = orderByBeginnings(rows.map(({ prompt }) => prompt));
  if (order === null) return { rows, isGrouped: false };
  return { rows: Array.from(order, (place) => rows[place] as RowMessage), isGrouped: true };
}
