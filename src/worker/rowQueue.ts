import type { RowMessage } from "./protocol.js";

export interface QueuedRow {
  readonly row: RowMessage;
  /** Which run of the row this is, from 0. */
  readonly run: number;
  /** Tokens of the runs before. */
  readonly spent: SpentTokens;
}

export interface SpentTokens {
  readonly inputTokens: number;
  readonly sharedTokens: number;
  readonly outputTokens: number;
}

const NOTHING_SPENT: SpentTokens = { inputTokens: 0, sharedTokens: 0, outputTokens: 0 };

/** The rows that a worker has fetched and not yet begun. Slots pull from it; it asks for more in time, so that no slot
 *  waits, and holds few, so that no worker sits on rows at the job's end while another idles. */
export class RowQueue {
  #rows: QueuedRow[] = [];
  #waiting: ((row: QueuedRow | null) => void)[] = [];
  #asking: ((isDue: boolean) => void)[] = [];
  #inFlight = 0;
  #isLast = false;
  #isStopped = false;
  #hasAsked = false;
  #isHeld = false;

  /** @param depth rows to hold beyond those in slots
   *  @param ask   asks the runner for so many rows; answered by `add` */
  constructor(
    private readonly depth: number,
    private readonly ask: (rows: number) => void,
  ) {}

  /** Asks for the first rows. */
  open(slots: number): void {
    this.#hasAsked = true;
    this.ask(slots + this.depth);
  }

  add(rows: readonly RowMessage[], isLast: boolean): void {
    for (const row of rows) this.#rows.push({ row, run: 0, spent: NOTHING_SPENT });
    this.#isLast ||= isLast;
    this.#hasAsked = false;
    this.#isHeld = false;
    this.#serve();
    if (rows.length > 0) this.#tell(true);
    else if (isLast) this.#tell(false);
  }

  /** The runner has heard what was asked for, and answers when rows in flight have ended. */
  hold(): void {
    this.#isHeld = true;
    this.#tell(false);
  }

  /** The row is to run again with its next seed.
   *  @param spent tokens of all its runs so far */
  again({ row, run }: QueuedRow, spent: SpentTokens): void {
    this.#rows.unshift({ row, run: run + 1, spent });
    this.#inFlight--;
    this.#serve();
  }

  /** The row has its result. */
  finish(): void {
    this.#inFlight--;
    this.#serve();
  }

  /** Drops what has not begun; who waits gets null. */
  stop(): void {
    this.#rows = [];
    this.#isStopped = true;
    for (const resolve of this.#waiting.splice(0)) resolve(null);
    this.#tell(true);
  }

  /** Waits until it is known whether the next row, or the end, comes without one in flight having to end first. */
  isDue(): Promise<boolean> {
    if (this.#isStopped || this.#rows.length > 0) return Promise.resolve(true);
    if (this.#isLast || this.#isHeld) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#asking.push(resolve);
    });
  }

  /** @returns the next row; null when no more will come */
  pull(): Promise<QueuedRow | null> {
    if (this.#isStopped) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#serve();
    });
  }

  #tell(isDue: boolean): void {
    for (const resolve of this.#asking.splice(0)) resolve(isDue);
  }

  #serve(): void {
    if (this.#isStopped) return;
    while (this.#waiting.length > 0 && this.#rows.length > 0) {
      this.#inFlight++;
      this.#waiting.shift()?.(this.#rows.shift() as QueuedRow);
    }
    // a row in flight may come back for another run
    if (this.#isLast && this.#rows.length === 0 && this.#inFlight === 0) this.stop();
    else if (!this.#isLast && !this.#hasAsked && this.#rows.length <= this.depth / 2) {
      this.#hasAsked = true;
      this.ask(this.depth);
    }
  }
}
