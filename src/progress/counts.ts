/** None of what is counted of a job while it runs: the one list of a job's live counts on this side of the line to C++, in
 *  the order in which they cross it. native/counters/page_layout.h has the other; a test compares both. */
export const NO_COUNTS = {
  /** Rows that have an output. */
  rowsDone: 0,
  /** Rows that have an error instead. */
  rowsFailed: 0,
  inputTokens: 0,
  outputTokens: 0,
} as const;

export type CountName = keyof typeof NO_COUNTS;

/** Counts of one job at a moment. */
export type Counts = { readonly [Name in CountName]: number };

export const COUNT_NAMES = Object.keys(NO_COUNTS) as readonly CountName[];

/** Makes counts one by one.
 *  @param count also told the count's place among all */
export function countsOf(count: (name: CountName, place: number) => number): Counts {
  return Object.fromEntries(COUNT_NAMES.map((name, place) => [name, count(name, place)])) as Counts;
}
