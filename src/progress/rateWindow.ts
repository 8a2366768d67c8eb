import type { Counts } from "./counts.js";

const WINDOW_MS = 10_000;
// A rate over less than this is noise.
const SHORTEST_MS = 500;
// With fewer rows in the window (long rows) the time that remains is told from all that was seen.
const ENOUGH_ROWS = 10;

interface Mark {
  readonly timeMs: number;
  readonly rows: number;
  readonly tokens: number;
}

export interface Rates {
  readonly rowsPerSecond: number;
  readonly tokensPerSecond: number;
  /** The better estimate of what is to come; null until something is known. */
  readonly expectedRowsPerSecond: number | null;
}

/** How fast counts have moved lately. */
export class RateWindow {
  #marks: Mark[] = [];
  #first: Mark | null = null;

  /** @param timeMs  of a clock that only goes forward */
  add(timeMs: number, counts: Counts): void {
    const mark = {
      timeMs,
      rows: counts.rowsDone + counts.rowsFailed,
      tokens: counts.inputTokens + counts.outputTokens,
    };
    const last = this.#marks.at(-1);
    const wentBack = last !== undefined && (mark.rows < last.rows || mark.tokens < last.tokens);
    // A model that is still loading, or a job that is queued, says nothing about its speed.
    const hasNotBegun = this.#marks.length === 1 && last?.tokens === mark.tokens && last.rows === mark.rows;
    if (wentBack || hasNotBegun || last === undefined) {
      this.#marks = [mark];
      this.#first = mark;
      return;
    }
    this.#marks.push(mark);
    while (this.#marks.length > 2 && (this.#marks[1]?.timeMs ?? timeMs) <= timeMs - WINDOW_MS) this.#marks.shift();
  }

  rates(): Rates {
    const oldest = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!oldest || !last || !this.#first || last.timeMs - oldest.timeMs < SHORTEST_MS) {
      return { rowsPerSecond: 0, tokensPerSecond: 0, expectedRowsPerSecond: null };
    }
    const rowsPerSecond = perSecond(oldest, last, "rows");
    const expected = last.rows - oldest.rows >= ENOUGH_ROWS ? rowsPerSecond : perSecond(this.#first, last, "rows");
    return {
      rowsPerSecond,
      tokensPerSecond: perSecond(oldest, last, "tokens"),
      expectedRowsPerSecond: expected > 0 ? expected : null,
    };
  }
}

function perSecond(from: Mark, to: Mark, field: "rows" | "tokens"): number {
  return ((to[field] - from[field]) * 1000) / (to.timeMs - from.timeMs);
}
