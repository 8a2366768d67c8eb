import { rangesWhere, unionOf } from "./codePoints.js";
import type { Ranges } from "./ir.js";

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

const properties = new Map<string, Ranges>();

/** The characters of `\p{…}`, asked of the runtime itself, so that both mean the same Unicode. */
export function propertyRanges(property: string): Ranges {
  let ranges = properties.get(property);
  if (ranges === undefined) {
    const expression = new RegExp(`^\\p{${property}}$`, "u");
    const isIn = (codePoint: number) => expression.test(String.fromCodePoint(codePoint));
    ranges = unionOf(
      ...Array.from({ length: LAST_PLANE + 1 }, (_, plane): Ranges => {
        const first = plane * 0x10000;
        if (ASSIGNED_PLANES.includes(plane)) return rangesWhere(isIn, first, first + 0xffff);
        const ends = rangesWhere(isIn, first + 0xfffe, first + 0xffff);
        return isIn(first) ? [[first, first + 0xfffd], ...ends] : ends;
      }),
    );
    properties.set(property, ranges);
  }
  return ranges;
}
