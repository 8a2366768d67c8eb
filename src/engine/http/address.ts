import { Pace } from "./pace.js";

/** How long an address that can't be reached is left alone, doubled with each failure. */
const CIRCUIT_MS = { first: 250, most: 5000 };
/** So many answers in a row that broke off, and it counts as one that can't be reached. */
const MOST_BROKEN = 3;
/** How long an overloaded one is left alone where it does not say, doubled with each refusal. */
const OVERLOAD_MS = { first: 250, most: 30_000 };
/** One that says "in a day" is asked again sooner. */
const MOST_RETRY_AFTER_MS = 300_000;
const START_REQUESTS = 8;
const MOST_REQUESTS = 1024;
/** What waits at the server while its slots compute, so that none stays empty between two requests. */
const REQUESTS_PER_SLOT = 2;

/** One address of an endpoint: how many requests it gets, and when. Times come from whoever uses it. */
export class Address {
  readonly #pace: Pace;
  #inFlight = 0;
  #failures = 0;
  #broken = 0;
  #refusals = 0;
  #closedUntilMs = 0;
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
    this.#pace = new Pace({ start, most: most ?? (slots === null ? MOST_REQUESTS : start) });
  }

  get inFlight(): number {
    return this.#inFlight;
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

  answered(sentMs: number, nowMs: number): void {
    this.#pace.done(sentMs, nowMs, this.#inFlight >= this.#pace.limit);
    this.#inFlight--;
    this.#failures = 0;
    this.#broken = 0;
    this.#refusals = 0;
    this.#trouble = null;
  }

  /** It says 429 or 503.
   *  @param afterMs  when it wants to be asked again, null where it does not say */
  overloaded(sentMs: number, nowMs: number, afterMs: number | null, reason: string): void {
    this.#inFlight--;
    this.#pace.overloaded(sentMs, nowMs);
    const wanted = afterMs ?? Math.min(OVERLOAD_MS.most, OVERLOAD_MS.first * 2 ** this.#refusals);
    this.#refusals++;
    this.#close(nowMs, Math.min(wanted, MOST_RETRY_AFTER_MS), reason);
  }

  /** It answered, and with an error of its own. */
  failed(): void {
    this.#inFlight--;
    this.#failures = 0;
  }

  broken(nowMs: number, reason: string): void {
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
