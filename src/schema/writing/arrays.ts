import { choice, EMPTY, type IrNode, isNever, NEVER, repeat, seq, text } from "../../grammar/index.js";
import { type Alternative, type Atom, atomsOf, countOf, firstAlike, itemClause } from "../conditions/index.js";
import type { Emission } from "./emission.js";

type Contains = Extract<Atom, { kind: "contains" }>;

/** Most states of a list that counts what it contains; beyond, counting is left to the check. */
const MOST_COUNTED = 5_000;

/** Most conditions on what a list contains that are followed at once: each element may meet any of them. */
const MOST_CONDITIONS = 4;

/** The arrays that satisfy all atoms. */
export function arrayNode(way: Alternative, name: string, emission: Emission): IrNode {
  const { edge } = emission.punctuation;
  const { min, max } = countOf(way, "itemCount");
  if (max < min) return NEVER;
  const elements = elementsNode(way, name, emission);
  for (const { isNegated, what } of atomsOf(way, "unique")) {
    if (max > 1 || isNegated) emission.leaveToCheck(what);
  }
  return isNever(elements) ? NEVER : seq(text("["), edge, elements, text("]"));
}

/** Elements, commas between them and the edge behind them, if there are any. */
function elementsNode(way: Alternative, name: string, emission: Emission): IrNode {
  const counts = atomsOf(way, "contains");
  if (counts.length === 0) return plainElements(way, name, emission);
  const states = counts.reduce((product, one) => product * (stopOf(one) + 1), statesOf(way));
  if (states <= MOST_COUNTED && counts.length <= MOST_CONDITIONS) return countedElements(way, counts, name, emission);
  for (const { literal } of counts) emission.leaveToCheck(`contains at ${literal.node.pointer}`);
  return plainElements(way, name, emission);
}

/** Places of a long tuple that one rule holds: what nests is followed within itself. */
const PLACES_PER_RULE = 50;

function plainElements(way: Alternative, name: string, emission: Emission): IrNode {
  const { comma, edge } = emission.punctuation;
  const { min, max } = countOf(way, "itemCount");
  const alike = firstAlike(way);
  const element = (place: number) => emission.nodeOf(itemClause(way, place));
  if (max === 0) return EMPTY;
  // from the last place that is spoken of on its own to the first
  let rest: IrNode = EMPTY;
  if (max > alike) {
    const more = seq(comma, element(alike));
    const least = Math.max(0, min - Math.max(alike, 1));
    rest = repeat(more, least, max === Number.POSITIVE_INFINITY ? null : max - Math.max(alike, 1));
  } else if (min > alike) return NEVER;
  for (let place = Math.min(alike, max) - 1; place >= 1; place--) {
    const more = seq(comma, element(place), rest);
    const written = min <= place ? choice(EMPTY, more) : more;
    rest = place % PLACES_PER_RULE === 0 ? emission.addRule(`${name}-p${place}`, () => written) : written;
  }
  const some = seq(element(0), rest, edge);
  return min === 0 ? choice(EMPTY, some) : some;
}

/** How many states the places alone need. */
function statesOf(way: Alternative): number {
  const { min, max } = countOf(way, "itemCount");
  return Math.max(firstAlike(way), min, max === Number.POSITIVE_INFINITY ? 0 : max) + 1;
}

/** Beyond so many, matching elements need not be counted. */
function stopOf({ min, max }: Contains): number {
  return max === Number.POSITIVE_INFINITY ? min : max;
}

function countedElements(way: Alternative, counts: readonly Contains[], name: string, emission: Emission): IrNode {
  const { comma, edge } = emission.punctuation;
  const { min, max } = countOf(way, "itemCount");
  const last = statesOf(way) - 1;
  const canEnd = (place: number, found: readonly number[]) =>
    place >= min && counts.every((one, index) => found[index]! >= one.min);

  /** What follows the first `place` elements, of which so many were found to match. */
  const after = (place: number, found: readonly number[]): IrNode => {
    const end = canEnd(place, found) ? (place === 0 ? EMPTY : edge) : NEVER;
    if (place >= max) return end;
    const options = subsets(counts.length).map((matching) => {
      const next = found.map((count, index) => (matching[index] ? count + 1 : count));
      const isIdle = counts.some(
        (one, index) =>
          matching[index] &&
          // an element that is not spoken of, or one that need not be counted any more
          (place < one.from || (one.max === Number.POSITIVE_INFINITY && found[index]! >= one.min)),
      );
      if (isIdle || counts.some((one, index) => next[index]! > one.max)) return NEVER;
      const literals = counts.flatMap((one, index) => {
        if (place < one.from) return [];
        if (matching[index]) return [one.literal];
        // where a number is the most, each element either matches or does not
        const isOpen = one.max === Number.POSITIVE_INFINITY;
        return isOpen ? [] : [{ node: one.literal.node, isNegated: !one.literal.isNegated }];
      });
      const element = emission.nodeOf([...itemClause(way, place), ...literals]);
      if (isNever(element)) return NEVER;
      const rest = state(Math.min(place + 1, last + 1), next);
      return seq(place === 0 ? EMPTY : comma, element, rest);
    });
    return choice(end, ...options.filter((option) => !isNever(option)));
  };
  const state = (place: number, found: readonly number[]): IrNode => {
    const at = max === Number.POSITIVE_INFINITY ? Math.min(place, Math.max(last, 1)) : place;
    return emission.addRule(`${name}-i${at}-${found.join("-")}`, () => after(at, found));
  };
  return state(
    0,
    counts.map(() => 0),
  );
}

/** All ways to take some of `count` things. */
function subsets(count: number): boolean[][] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_unused, index) => ((bits >> index) & 1) === 1),
  );
}
