/** A set of code points: ascending, disjoint, not adjacent, both ends included. */
export type Ranges = readonly (readonly [first: number, last: number])[];

/** Every Unicode scalar value: what a JSON string in valid UTF-8 can be made of. */
export const SCALARS: Ranges = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** Sorts and joins ranges that may overlap. */
export function unionOf(...sets: readonly Ranges[]): Ranges {
  const sorted = sets.flat().sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

export function intersectionOf(a: Ranges, b: Ranges): Ranges {
  const common: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const first = Math.max(a[i]![0], b[j]![0]);
    const last = Math.min(a[i]![1], b[j]![1]);
    if (first <= last) common.push([first, last]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return common;
}

/** What is in `from` and not in `taken`. */
export function differenceOf(from: Ranges, taken: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of taken) {
    if (next < first) gaps.push([next, first - 1]);
    next = last + 1;
  }
  gaps.push([next, Number.MAX_SAFE_INTEGER]);
  return intersectionOf(from, gaps);
}

export function hasCodePoint(ranges: Ranges, codePoint: number): boolean {
  let low = 0;
  for (let high = ranges.length - 1; low <= high; ) {
    const middle = (low + high) >> 1;
    if (codePoint < ranges[middle]![0]) high = middle - 1;
    else if (codePoint > ranges[middle]![1]) low = middle + 1;
    else return true;
  }
  return false;
}
