import { intersectionOf, type Ranges, SCALARS, unionOf } from "../automata/index.js";

export const DIGITS: Ranges = [[0x30, 0x39]];
export const WORD: Ranges = [DIGITS[0]!, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
export const LINE_ENDS: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
/** ECMA-262's WhiteSpace and LineTerminator. */
export const WHITE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** Planes in which characters differ from each other; elsewhere a plane's characters are all alike, but for its last two. */
const ASSIGNED_PLANES = [0, 1, 2, 3, 0xe];
const LAST_PLANE = 0x10;
/** Code points of a text that is matched at once. */
const BLOCK = 0x1000;

const properties = new Map<string, Ranges>();

/** The characters of `\p{…}`, asked of the runtime itself, so that both mean the same Unicode. */
export function propertyRanges(property: string): Ranges {
  let ranges = properties.get(property);
  if (ranges === undefined) {
    const runs = new RegExp(`\\p{${property}}+`, "gu");
    const found: (readonly [number, number])[] = [];
    for (let plane = 0; plane <= LAST_PLANE; plane++) {
      const first = plane * 0x10000;
      if (ASSIGNED_PLANES.includes(plane)) {
        for (let at = first; at < first + 0x10000; at += BLOCK) found.push(...runsIn(at, at + BLOCK - 1, runs));
        continue;
      }
      if (runsIn(first, first, runs).length > 0) found.push([first, first + 0xfffd]);
      found.push(...runsIn(first + 0xfffe, first + 0xffff, runs));
    }
    ranges = unionOf(found);
    properties.set(property, ranges);
  }
  return ranges;
}

/** Where an expression for runs of characters matches in the text of all scalar values from `from` to `to`. */
function runsIn(from: number, to: number, runs: RegExp): (readonly [number, number])[] {
  return intersectionOf(SCALARS, [[from, to]]).flatMap(([first, last]) => {
    const text = String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
    const units = first > 0xffff ? 2 : 1;
    return [...text.matchAll(runs)].map((match) => {
      const start = first + match.index / units;
      return [start, start + match[0].length / units - 1] as const;
    });
  });
}
