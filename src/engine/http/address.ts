import { REQUESTS_PER_SLOT } from "./lanes.js";
import { Pace } from "./pace.js";

/** How long an address that can't be reached is left alone, doubled with each failure. */
const CIRCUIT_MS = { first: 250, most: 5000 };
/** So many answers in a row that broke off, and it counts as one that can't be reached. */
const MOST_BROKEN = 3;
/** How long an overloaded one is left alone where it does not say, doubled with each refusal. */
const OVERLOAD_MS = { first: 250, most: 30_000 };
/** One that says "at once" is asked again later, one that says "in a day" sooner. */
const LEAST_PAUSE_MS = 50;
const MOST_RETRY_AFTER_MS = 300_000;
const START_REQUESTS = 8;
const MOST_REQUESTS = 1024;

/** One address of an endpoint: how many requests it gets, and when. Times come from whoever uses it. */
export class Address {
  readonly #most: number;
  #pace: Pace;
  #inFlight = 0;
  #failures = 0;
  #broken = 0;
  #refusals = 0;
  #closedUntilMs = Number.NEGATIVE_INFINITY;
  /** When it last said that it has too much to do. */
  #refusedMs = Number.NEGATIVE_INFINITY;
  /** Why it gets nothing; null while it does. */
  #trouble: string | null = null;

  /** @param most   the user's own limit, null for none
   *  @param slots  requests that it computes at a time, null where it does not say */
  constructor(
    readonly url: string,
    most: number | null,
    slots: number | null,
  ) {
    const start = slots === null ? START_REQUESTS : REQUESTS_PER_SLOT * slots;
    this.#most = most ?? (slots === null ? MOST_REQUESTS : start);
    this.#pace = new Pace({ start, most: this.#most });
  }

  /** Most requests at a time, as far as is known now. */
  get limit(): number {
    return this.#pace.limit;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** How long it gets nothing from now on; 0 for one that takes requests. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.#closedUntilMs - nowMs);
  }

  /** Whether one more request may be sent. After a failure one finds out whether it is there again. */
  hasRoom(nowMs: number): boolean {
    if (nowMs < this.#closedUntilMs) return false;
    return this.#inFlight < (this.#failures > 0 ? 1 : this.#pace.limit);
  }

  sent(): void {
    this.#inFlight++;
  }

  /** A job begins: what one job's rows took says little of the next one's. */
  begin(): void {
    this.#pace = new Pace({ start: this.#pace.limit, most: this.#most });
  }

  answered(sentMs: number, nowMs: number): void {
    this.#pace.done(sentMs, nowMs, this.#inFlight >= this.#pace.limit);
    this.#inFlight--;
    this.#failures = 0;
    this.#broken = 0;
    // an answer to what was sent before it said so does not take that back
    if (sentMs < this.#refusedMs) return;
    this.#refusals = 0;
    this.#trouble = null;
  }

  /** It says 429 or 503.
   *  @param afterMs  when it wants to be asked again, null where it does not say */
  overloaded(sentMs: number, nowMs: number, afterMs: number | null, reason: string): void {
    this.#inFlight--;
    // one that is asked whether it is there again is not told to take less
    if (this.#failures === 0) this.#pace.overloaded(sentMs, nowMs);
    const isKnown = sentMs < this.#refusedMs;
    if (isKnown && afterMs === null) return;
    const wanted = afterMs ?? Math.min(OVERLOAD_MS.most, OVERLOAD_MS.first * 2 ** this.#refusals);
    if (!isKnown) this.#refusals++;
    this.#refusedMs = nowMs;
    this.#close(nowMs, Math.min(Math.max(wanted, LEAST_PAUSE_MS), MOST_RETRY_AFTER_MS), reason);
  }

  /** It has refused a request for what is in it. */
  refused(): void {
    this.#inFlight--;
    this.#failures = 0;
    this.#broken = 0;
    this.#trouble = null;
  }

  /** The request was given up here. */
  dropped(): void {
    this.#inFlight--;
  }

  /** No answer that can be used; several in a row, and it counts as one that can't be reached.
   *  @param isLate  it did not come in time */
  broken(sentMs: number, nowMs: number, isLate: boolean, reason: string): void {
    if (isLate) this.#pace.overloaded(sentMs, nowMs);
    this.#broken++;
    if (this.#broken >= MOST_BROKEN) this.unreachable(nowMs, reason);
    else this.#inFlight--;
  }

  unreachable(nowMs: number, reason: string): void {
    this.#inFlight--;
    // those in flight together fail together
    if (nowMs < this.#closedUntilMs) return;
    this.#close(nowMs, Math.min(CIRCUIT_MS.most, CIRCUIT_MS.first * 2 ** this.#failures), reason);
    this.#failures++;
  }

  #close(nowMs: number, forMs: number, reason: string): void {
    this.#closedUntilMs = Math.max(this.#closedUntilMs, nowMs + forMs);
    this.#trouble = reason;
  }
}
