import { SCALARS } from "./codePoints.js";
import { Dfa, DfaBuilder, EMPTY_DFA, longestWay } from "./dfa.js";

/** An automaton would have more states than are built. */
export class TooManyStates extends Error {}

/** An automaton's edges, too, are not without end: classes of Unicode have hundreds a state. */
export const MOST_EDGES = 2_000_000;

const LAST_CODE_POINT = 0x10ffff;

/** Every string. */
export const ALL_STRINGS = new Dfa(
  Uint8Array.of(1),
  Uint32Array.of(0, SCALARS.length * 3),
  Uint32Array.from(SCALARS.flatMap(([first, last]) => [first, last, 0])),
);

/** The given strings; those that are no valid UTF-16 are left out, since no UTF-8 text has them. States that go on alike
 *  are one: lists of names, numbers and dates share their ends as well as their beginnings. */
export function listAutomaton(values: Iterable<string>): Dfa {
  const sorted = [...new Set(values)]
    .filter((value) => !/\p{Surrogate}/u.test(value))
    .map((value) => Array.from(value, (char) => char.codePointAt(0)!))
    .sort(inOrder);
  if (sorted.length === 0) return EMPTY_DFA;
  const known = new Map<string, number>();
  /** Each state's edges, code point and target, and whether it accepts; those that a state leads to come before it. */
  const states: { readonly isEnd: boolean; readonly edges: readonly number[] }[] = [];
  /** The way of the string at hand, its states not ended yet. */
  const open: { isEnd: boolean; edges: number[] }[] = [{ isEnd: false, edges: [] }];
  const close = (length: number) => {
    while (open.length > length) {
      const { isEnd, edges } = open.pop()!;
      const key = `${isEnd}${edges.join()}`;
      let state = known.get(key);
      if (state === undefined) {
        state = states.push({ isEnd, edges }) - 1;
        known.set(key, state);
      }
      open.at(-1)?.edges.push(state);
    }
  };
  let before: readonly number[] = [];
  for (const value of sorted) {
    let shared = 0;
    while (shared < before.length && before[shared] === value[shared]) shared++;
    close(shared + 1);
    for (const codePoint of value.slice(shared)) {
      open.at(-1)!.edges.push(codePoint);
      open.push({ isEnd: false, edges: [] });
    }
    open.at(-1)!.isEnd = true;
    before = value;
  }
  close(0);
  const builder = new DfaBuilder();
  const last = states.length - 1;
  for (const { isEnd, edges } of states.reverse()) {
    for (let at = 0; at < edges.length; at += 2) builder.edge(edges[at]!, edges[at]!, last - edges[at + 1]!);
    builder.endState(isEnd);
  }
  return builder.build();
}

function inOrder(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}

/** The strings of `a` that are also in `b`, or with `isNegated` are not in `b`.
 *  @throws {TooManyStates} */
export function intersection(a: Dfa, b: Dfa, isNegated: boolean, stateLimit: number): Dfa {
  if (b.stateCount === 0) return isNegated ? a : EMPTY_DFA;
  if (a.stateCount === 0) return EMPTY_DFA;
  const width = b.stateCount + 1;
  const pairs = [0];
  const indexes = new Map<number, number>([[0, 0]]);
  const builder = new DfaBuilder();
  const stateOf = (left: number, right: number): number => {
    const pair = left * width + right;
    let index = indexes.get(pair);
    if (index === undefined) {
      index = pairs.length;
      if (index >= stateLimit || builder.edgeCount > MOST_EDGES) throw new TooManyStates();
      indexes.set(pair, index);
      pairs.push(pair);
    }
    return index;
  };
  for (const pair of pairs) {
    const left = Math.floor(pair / width);
    // the state behind b's last: b has no way on
    const right = pair % width;
    const isLost = right === b.stateCount;
    let rightAt = isLost ? b.edges.length : b.offsets[right]!;
    const rightEnd = isLost ? b.edges.length : b.offsets[right + 1]!;
    for (let at = a.offsets[left]!; at < a.offsets[left + 1]!; at += 3) {
      const last = a.edges[at + 1]!;
      const target = a.edges[at + 2]!;
      let first = a.edges[at]!;
      while (first <= last) {
        while (rightAt < rightEnd && b.edges[rightAt + 1]! < first) rightAt += 3;
        const gapEnd = rightAt < rightEnd ? b.edges[rightAt]! - 1 : LAST_CODE_POINT;
        if (first <= gapEnd) {
          const end = Math.min(last, gapEnd);
          if (isNegated) builder.edge(first, end, stateOf(target, b.stateCount));
          first = end + 1;
        } else {
          const end = Math.min(last, b.edges[rightAt + 1]!);
          builder.edge(first, end, stateOf(target, b.edges[rightAt + 2]!));
          first = end + 1;
        }
      }
    }
    const isInB = !isLost && b.accepting[right] === 1;
    builder.endState(a.accepting[left] === 1 && isInB !== isNegated);
  }
  return builder.build();
}

/** Lengths in code points, both ends included; max may be Infinity. Ascending and disjoint. */
export type Lengths = readonly { readonly min: number; readonly max: number }[];

/** The strings of an automaton that have one of the lengths.
 *  @throws {TooManyStates} */
export function withLengths(dfa: Dfa, lengths: Lengths, stateLimit: number): Dfa {
  const last = lengths.at(-1);
  if (dfa.stateCount === 0 || last === undefined) return EMPTY_DFA;
  const toEnd = distancesToEnd(dfa);
  const shortest = toEnd[0]!;
  const longest = longestWay(dfa, () => 1);
  if (lengths.some(({ min, max }) => min <= shortest && longest <= max)) return dfa;
  const open = last.max === Number.POSITIVE_INFINITY;
  // beyond this length nothing has to be counted any more, or nothing may follow
  const most = open ? last.min : last.max;
  const isRight = (length: number) => lengths.some(({ min, max }) => min <= length && length <= max);
  const width = most + 1;
  const pairs = [0];
  const indexes = dfa.stateCount * width <= DENSE ? new DenseIndex(dfa.stateCount * width) : new Map<number, number>();
  indexes.set(0, 0);
  const builder = new DfaBuilder();
  for (const pair of pairs) {
    const state = Math.floor(pair / width);
    const length = pair % width;
    const nextLength = open ? Math.min(length + 1, most) : length + 1;
    for (let at = dfa.offsets[state]!; at < dfa.offsets[state + 1]!; at += 3) {
      const target = dfa.edges[at + 2]!;
      if (!open && nextLength + toEnd[target]! > most) continue;
      const next = target * width + nextLength;
      let index = indexes.get(next);
      if (index === undefined) {
        index = pairs.length;
        if (index >= stateLimit || builder.edgeCount > MOST_EDGES) throw new TooManyStates();
        indexes.set(next, index);
        pairs.push(next);
      }
      builder.edge(dfa.edges[at]!, dfa.edges[at + 1]!, index);
    }
    builder.endState(dfa.accepting[state] === 1 && isRight(length));
  }
  return builder.build();
}

/** Pairs up to which an array is the faster map. */
const DENSE = 4_000_000;

class DenseIndex {
  readonly #indexes: Int32Array;

  constructor(size: number) {
    this.#indexes = new Int32Array(size).fill(-1);
  }

  get(pair: number): number | undefined {
    const index = this.#indexes[pair]!;
    return index < 0 ? undefined : index;
  }

  set(pair: number, index: number): void {
    this.#indexes[pair] = index;
  }
}

/** For each state the fewest code points to an accepting one. */
function distancesToEnd({ stateCount, offsets, edges, accepting }: Dfa): Float64Array {
  const distances = new Float64Array(stateCount).fill(Number.POSITIVE_INFINITY);
  const sources: number[][] = Array.from({ length: stateCount }, () => []);
  const queue: number[] = [];
  for (let state = 0; state < stateCount; state++) {
    if (accepting[state] === 1) {
      distances[state] = 0;
      queue.push(state);
    }
    for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3) sources[edges[at + 2]!]!.push(state);
  }
  for (const state of queue) {
    for (const source of sources[state]!) {
      if (distances[source]! <= distances[state]! + 1) continue;
      distances[source] = distances[state]! + 1;
      queue.push(source);
    }
  }
  return distances;
}
