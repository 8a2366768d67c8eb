/** What of an address computes one request after another. Rows that begin alike follow each other in one: what they share is computed
 *  once. */
export interface Lane<Row> {
  /** The slot of a server that lets requests choose theirs; null where it does not. */
  readonly slot: number | null;
  /** What it has taken of the rows, in order. */
  rows: Row[];
  /** They share so much that they wait for its slot, and do not go to whichever is free. */
  isBound: boolean;
}

/** Of each slot one request is computed while the next waits there, so that it is never empty. */
export const REQUESTS_PER_SLOT = 2;

const NO_LANE: Lane<never> = { slot: null, rows: [], isBound: false };

/** The lanes of an address that have no request on the way, or one that may get another. */
export class Lanes<Row> {
  readonly #all: Lane<Row>[] = [];
  readonly #free: Lane<Row>[] = [];

  /** @param slots  requests that the address computes at a time, where a request may choose the slot; null where it can't: then
   *                there are as many lanes as requests at a time */
  constructor(private readonly slots: number | null) {
    this.#all.push(...Array.from({ length: slots ?? 0 }, (_, slot): Lane<Row> => ({ slot, rows: [], isBound: false })));
    // each is taken once before any is taken twice
    for (let turn = 0; turn < REQUESTS_PER_SLOT; turn++) this.#free.push(...this.#all);
  }

  /** How many there are, of so many requests at a time. */
  countFor(requests: number): number {
    return this.slots ?? requests;
  }

  /** One for the next request; null where each has as many as it may. */
  take(): Lane<Row> | null {
    const free = this.#free.shift();
    if (free !== undefined || this.slots !== null) return free ?? null;
    const lane: Lane<Row> = { slot: null, rows: [], isBound: false };
    this.#all.push(lane);
    return lane;
  }

  /** Its request was answered. */
  give(lane: Lane<Row>): void {
    this.#free.push(lane);
  }

  /** It has nothing to send; it is the first that is taken again. */
  putBack(lane: Lane<Row>): void {
    this.#free.unshift(lane);
  }

  /** When no rows are left to be taken: the last one of the lane that has most unsent; [] where none has any. */
  steal(): Row[] {
    const longest = this.#all.reduce((most, lane) => (lane.rows.length > most.rows.length ? lane : most), NO_LANE);
    return longest.rows.splice(-1);
  }
}
