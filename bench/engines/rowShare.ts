/** Rows in memory that all threads of an engine see, each taken once: what the runner does over message ports, without
 *  their cost. */
export interface RowShare {
  /** Token ids of all rows, one row after the other. */
  readonly tokens: Uint32Array;
  /** Where each row begins; one more than there are rows. */
  readonly starts: Uint32Array;
  /** A thread's own rows: its next one, and behind its last, as two halves of a number. */
  readonly parts: Int32Array;
}

const HALF = 16;
const MASK = (1 << HALF) - 1;
/** What fits in half of a number. */
export const MOST_ROWS = MASK;

/** @param rows     in the order in which they are to be taken
 *  @param threads  each gets neighbours of that order, as the runner's feeder deals rows that begin alike */
export function shareRows(rows: readonly Uint32Array[], threads: number): RowShare {
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (rows.length + 1)));
  rows.forEach((row, index) => {
    starts[index + 1] = (starts[index] as number) + row.length;
  });
  const tokens = new Uint32Array(new SharedArrayBuffer(4 * (starts[rows.length] as number)));
  rows.forEach((row, index) => {
    tokens.set(row, starts[index]);
  });
  const parts = new Int32Array(new SharedArrayBuffer(4 * threads));
  const border = (part: number) => Math.floor((part * rows.length) / threads);
  for (let part = 0; part < threads; part++) parts[part] = packed(border(part), border(part + 1));
  return { tokens, starts, parts };
}

/** Takes a thread's next row; where it has none left, the back half of the rows that another one has.
 *  @returns the row's place in the order, `null` when there are no rows any more */
export function takeRow({ parts }: Pick<RowShare, "parts">, thread: number): number | null {
  for (;;) {
    const own = Atomics.load(parts, thread);
    const next = nextOf(own);
    if (next < endOf(own)) {
      if (replace(parts, thread, own, packed(next + 1, endOf(own)))) return next;
      continue;
    }
    const victim = largestPart(parts);
    if (victim === null) return null;
    const theirs = Atomics.load(parts, victim);
    const [from, end] = [nextOf(theirs), endOf(theirs)];
    const middle = end - Math.ceil((end - from) / 2);
    if (middle < end && replace(parts, victim, theirs, packed(from, middle))) {
      Atomics.store(parts, thread, packed(middle, end));
    }
  }
}

export function rowTokens({ tokens, starts }: RowShare, place: number): Uint32Array {
  return tokens.slice(starts[place], starts[place + 1]);
}

function largestPart(parts: Int32Array): number | null {
  let [largest, most]: [number | null, number] = [null, 0];
  for (let part = 0; part < parts.length; part++) {
    const value = Atomics.load(parts, part);
    if (endOf(value) - nextOf(value) > most) [largest, most] = [part, endOf(value) - nextOf(value)];
  }
  return largest;
}

function replace(parts: Int32Array, part: number, expected: number, value: number): boolean {
  return Atomics.compareExchange(parts, part, expected, value) === expected;
}

const packed = (next: number, end: number): number => (end << HALF) | next;
const nextOf = (part: number): number => part & MASK;
const endOf = (part: number): number => part >>> HALF;
