import type { WindowLimits } from "../prompt/index.js";
import type { RowMessage, ToWorker } from "../worker/index.js";
import { type PendingRows, SharedOrder } from "./sharedOrder.js";

/** Consecutive rows of a worker's share, from `at` up to `end`. */
interface Part {
  readonly rows: readonly RowMessage[];
  at: number;
  end: number;
}

/** How far one worker may fall behind before another takes rows of its share: part of the job's rows, but no fewer and no
 *  more than so many. */
const LAG = { share: 0.05, least: 64, most: 8192 };
/** What a row costs beside its text, in characters. */
const ROW_COST = 100;

/** Deals rows to the workers, each row once, window by window in the order of `SharedOrder`. The same rows go to the same
 *  worker in the same order however fast each of them is, so that a job run twice puts the same rows into the same
 *  batches. Rows that begin alike go out in stretches of neighbours, others by turns. Only who has nothing left while
 *  another is far behind takes the back half of what that one has. */
export class Feeder {
  readonly #order: SharedOrder;
  /** One a worker. */
  readonly #shares: Part[][];
  readonly #allowedLag: number;
  #isDry = false;

  /** @param rows without a result */
  constructor(pending: PendingRows, rows: number, workers: number, limits?: WindowLimits) {
    this.#order = new SharedOrder(pending, limits);
    this.#shares = Array.from({ length: workers }, () => []);
    this.#allowedLag = Math.min(LAG.most, Math.max(LAG.least, Math.ceil(LAG.share * rows)));
  }

  /** Answers a worker's request; an answer with `isLast` ends its share. Rows that can't be read stay due: the next request meets
   *  them, and what keeps them.
   *  @throws what the rows' source threw, when there was no row to give before */
  answer(worker: number, wanted: number): Extract<ToWorker, { kind: "rows" }> {
    const rows: RowMessage[] = [];
    let isLast = false;
    while (rows.length < wanted && !isLast) {
      try {
        const part = this.#partOf(worker);
        if (part === null) isLast = true;
        else rows.push(part.rows[part.at++] as RowMessage);
      } catch (error) {
        // what was dealt must arrive: nobody deals it again
        if (rows.length === 0) throw error;
        break;
      }
    }
    return { kind: "rows", rows, isLast };
  }

  /** @returns a part with a row for the worker, `null` when it will get no more */
  #partOf(worker: number): Part | null {
    const share = this.#shares[worker] as Part[];
    for (;;) {
      const [first] = share;
      if (first !== undefined && first.at < first.end) return first;
      if (first !== undefined) share.shift();
      else if (!this.#takeOver(share) && !this.#openWindow()) return null;
    }
  }

  /** Gives a share that is empty the back half of the last part of the one that is furthest behind. */
  #takeOver(share: Part[]): boolean {
    const largest = this.#shares.reduce((most, one) => (sizeOf(one) > sizeOf(most) ? one : most));
    if (sizeOf(largest) <= this.#allowedLag) return false;
    const last = largest.at(-1) as Part;
    const middle = last.end - Math.ceil((last.end - last.at) / 2);
    share.push({ rows: last.rows, at: middle, end: last.end });
    last.end = middle;
    if (middle === last.at) largest.pop();
    return true;
  }

  #openWindow(): boolean {
    if (this.#isDry) return false;
    const window = this.#order.next();
    this.#isDry = window === null;
    if (window === null) return false;
    const count = this.#shares.length;
    const parts = window.isGrouped
      ? stretches(window.rows, count)
      : this.#shares.map((_, worker) => window.rows.filter((_row, place) => place % count === worker));
    parts.forEach((rows, worker) => {
      if (rows.length > 0) this.#shares[worker]?.push({ rows, at: 0, end: rows.length });
    });
    return true;
  }
}

/** Cuts rows into so many stretches of about the same work. */
function stretches(rows: readonly RowMessage[], count: number): RowMessage[][] {
  const costs = rows.map(({ prompt }) => prompt.length + ROW_COST);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const parts: RowMessage[][] = Array.from({ length: count }, () => []);
  let before = 0;
  rows.forEach((row, place) => {
    // the stretch that the row's middle falls in
    const middle = before + (costs[place] as number) / 2;
    parts[Math.min(count - 1, Math.floor((middle * count) / total))]?.push(row);
    before += costs[place] as number;
  });
  return parts;
}

const sizeOf = (share: readonly Part[]): number => share.reduce((sum, { at, end }) => sum + end - at, 0);
