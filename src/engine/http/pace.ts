/** Requests of a window, at least: fewer say nothing of a rate. */
const WINDOW_REQUESTS = 16;
/** A rate that is not this much higher is the same. */
const GAIN = 1.05;
/** More requests at a time that only wait longer are too many. */
const LATENCY_GROWTH = 2;
const DECREASE = { overload: 0.5, latency: 0.8 };

export interface PaceOptions {
  readonly start: number;
  readonly most: number;
}

/** How many requests at a time an address gets: doubled as long as that makes it faster, then one more a window (additive increase),
 *  half as many when it says that it is overloaded, fewer when more only wait longer (multiplicative decrease). */
export class Pace {
  readonly #most: number;
  #limit: number;
  #isDoubling = true;
  /** Of the window that runs. */
  #begunMs: number | null = null;
  #count = 0;
  #latencyMs = 0;
  /** The highest rate that a window had, in requests a millisecond, how many requests ran at a time for it, and how long they took. */
  #best: { readonly rate: number; readonly limit: number; readonly latencyMs: number } | null = null;
  #loweredMs = Number.NEGATIVE_INFINITY;

  constructor({ start, most }: PaceOptions) {
    this.#most = Math.max(1, most);
    this.#limit = Math.max(1, Math.min(start, this.#most));
  }

  get limit(): number {
    return this.#limit;
  }

  /** A request was answered.
   *  @param isFull  as many ran as may: only then its time says something of the limit */
  done(sentMs: number, nowMs: number, isFull: boolean): void {
    if (!isFull) {
      this.#begin(nowMs);
      return;
    }
    this.#begunMs ??= sentMs;
    this.#count++;
    this.#latencyMs += nowMs - sentMs;
    if (this.#count >= Math.max(WINDOW_REQUESTS, 2 * this.#limit)) this.#close(nowMs);
  }

  /** The address has refused a request for now: fewer at a time, once for all that were sent before it was known. */
  overloaded(sentMs: number, nowMs: number): void {
    this.#isDoubling = false;
    if (sentMs < this.#loweredMs) return;
    this.#loweredMs = nowMs;
    this.#lower(DECREASE.overload, nowMs);
  }

  #close(nowMs: number): void {
    const rate = this.#count / Math.max(1, nowMs - (this.#begunMs ?? nowMs));
    const latencyMs = this.#latencyMs / this.#count;
    const best = this.#best;
    const isFaster = best === null || rate > GAIN * best.rate;
    if (isFaster) this.#best = { rate, limit: this.#limit, latencyMs };
    else this.#isDoubling = false;
    if (!isFaster && latencyMs > LATENCY_GROWTH * best.latencyMs) {
      // a server that has become slower as a whole is not asked for less than what was best
      this.#lower(DECREASE.latency, nowMs, best.limit);
      return;
    }
    this.#limit = Math.min(this.#most, this.#isDoubling ? 2 * this.#limit : this.#limit + 1);
    this.#begin(nowMs);
  }

  #lower(factor: number, nowMs: number, least = 1): void {
    this.#limit = Math.min(this.#limit, Math.max(least, Math.floor(this.#limit * factor)));
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#begunMs = nowMs;
    this.#count = 0;
    this.#latencyMs = 0;
  }
}
