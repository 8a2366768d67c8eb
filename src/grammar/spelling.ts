import { differenceOf, hasCodePoint, intersectionOf, type Ranges, SCALARS } from "../language/index.js";
import { chars, charsOf, choice, EMPTY, type IrNode, repeat, seq, text } from "./ir.js";

const HEX = charsOf("09", "AF", "af");
/** What stands in a JSON string as it is. */
const RAW: Ranges = differenceOf(SCALARS, [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
]);
const SHORT_ESCAPES = new Map([
  [0x22, '"'],
  [0x5c, "\\"],
  [8, "b"],
  [0xc, "f"],
  [0xa, "n"],
  [0xd, "r"],
  [9, "t"],
]);
/** What may be written with an escape: all but the printable ASCII that needs none. */
export const ESCAPABLE: Ranges = differenceOf(SCALARS, [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
]);
const BASIC_PLANE: Ranges = [[0, 0xffff]];
const BEYOND: Ranges = [[0x10000, 0x10ffff]];

/** One character of the set in any spelling that a job may write: as it is, with its short escape, as `\uXXXX` in either
 *  case, beyond the basic plane as two of those. Printable ASCII that needs no escape stands only as it is: models under a
 *  pattern write `\u004d` for `M` otherwise. */
export function spelled(ranges: Ranges): IrNode {
  const escaped = intersectionOf(ranges, ESCAPABLE);
  const short = [...SHORT_ESCAPES].filter(([code]) => hasCodePoint(escaped, code));
  const units = intersectionOf(escaped, BASIC_PLANE).map(([first, last]) => hexBetween(hex4(first), hex4(last)));
  const pairs = intersectionOf(escaped, BEYOND).flatMap(([first, last]) => pairsBetween(first, last));
  const hex = choice(...units, ...pairs);
  const afterBackslash = choice(...short.map(([, letter]) => text(letter)), seq(text("u"), hex));
  return choice(chars(intersectionOf(ranges, RAW)), seq(text("\\"), afterBackslash));
}

/** Two surrogates without the first `\u`. */
function pairsBetween(first: number, last: number): IrNode[] {
  const lead = (code: number) => 0xd800 + ((code - 0x10000) >> 10);
  const trail = (code: number) => 0xdc00 + ((code - 0x10000) & 0x3ff);
  const pair = (leads: readonly [number, number], trails: readonly [number, number]) =>
    seq(hexBetween(hex4(leads[0]), hex4(leads[1])), text("\\u"), hexBetween(hex4(trails[0]), hex4(trails[1])));
  if (lead(first) === lead(last)) return [pair([lead(first), lead(last)], [trail(first), trail(last)])];
  const isFirstFull = trail(first) === 0xdc00;
  const isLastFull = trail(last) === 0xdfff;
  const from = isFirstFull ? lead(first) : lead(first) + 1;
  const to = isLastFull ? lead(last) : lead(last) - 1;
  return [
    ...(isFirstFull ? [] : [pair([lead(first), lead(first)], [trail(first), 0xdfff])]),
    ...(from <= to ? [pair([from, to], [0xdc00, 0xdfff])] : []),
    ...(isLastFull ? [] : [pair([lead(last), lead(last)], [0xdc00, trail(last)])]),
  ];
}

function hex4(code: number): string {
  return code.toString(16).padStart(4, "0");
}

/** Hexadecimal numbers of equal length from `first` to `last`, in either case. */
function hexBetween(first: string, last: string): IrNode {
  if (first === "") return EMPTY;
  if (/^0*$/.test(first) && /^f*$/.test(last)) return repeat(HEX, first.length, first.length);
  const [low, high] = [Number.parseInt(first[0]!, 16), Number.parseInt(last[0]!, 16)];
  const [lowRest, highRest] = [first.slice(1), last.slice(1)];
  if (low === high) return seq(hexDigits(low, low), hexBetween(lowRest, highRest));
  const all = "f".repeat(lowRest.length);
  const none = "0".repeat(lowRest.length);
  const from = lowRest === none ? low : low + 1;
  const to = highRest === all ? high : high - 1;
  return choice(
    ...(from > low ? [seq(hexDigits(low, low), hexBetween(lowRest, all))] : []),
    ...(from <= to ? [seq(hexDigits(from, to), hexBetween(none, all))] : []),
    ...(to < high ? [seq(hexDigits(high, high), hexBetween(none, highRest))] : []),
  );
}

function hexDigits(from: number, to: number): IrNode {
  const codes = [...new Set([..."0123456789abcdef"].slice(from, to + 1).flatMap((d) => [d, d.toUpperCase()]))];
  return chars(joined(codes.map((char) => char.charCodeAt(0)).sort((a, b) => a - b)));
}

function joined(codes: readonly number[]): Ranges {
  const ranges: [number, number][] = [];
  for (const code of codes) {
    const before = ranges.at(-1);
    if (before !== undefined && before[1] === code - 1) before[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}
