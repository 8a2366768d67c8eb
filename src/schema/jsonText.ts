import { differenceOf, intersectionOf, SCALARS } from "./codePoints.js";
import { chars, charsOf, choice, EMPTY, type IrNode, optional, type Ranges, ref, repeat, seq, text } from "./ir.js";

/** Where white space stands: `spaced` is `{"a": 1, "b": [2, 3]}`, `compact` has none, `free` allows up to 20 white
 *  characters at every place where JSON does. */
export type JsonStyle = "spaced" | "compact" | "free";

/** A style's punctuation. */
export interface Punctuation {
  readonly comma: IrNode;
  readonly colon: IrNode;
  /** After an opening and before a closing bracket. */
  readonly edge: IrNode;
}

export const WHITE_SPACE: IrNode = repeat(
  chars([
    [9, 10],
    [13, 13],
    [32, 32],
  ]),
  0,
  20,
);

export function punctuationOf(style: JsonStyle): Punctuation {
  if (style === "free") {
    const space = ref("space");
    return { comma: seq(space, text(","), space), colon: seq(space, text(":"), space), edge: space };
  }
  const gap = style === "spaced" ? " " : "";
  return { comma: text(`,${gap}`), colon: text(`:${gap}`), edge: EMPTY };
}

const HEX = charsOf("09", "AF", "af");
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
/** Characters that may be written `\uXXXX` also where only some characters are allowed. */
const HEX_SPELLED: Ranges = [
  [0, 0x1f],
  [0x7f, 0xd7ff],
  [0xe000, 0xffff],
];
const ASTRAL: Ranges = [[0x10000, 0x10ffff]];
/** Beyond this many ranges a set's characters are not offered as `\uXXXX` too. */
const MOST_HEX_RANGES = 24;

/** What follows the backslash of a character beyond the basic plane: two surrogates, never one alone. */
const SURROGATES = seq(
  text("u"),
  charsOf("DD", "dd"),
  charsOf("89", "AB", "ab"),
  repeat(HEX, 2, 2),
  text("\\u"),
  charsOf("DD", "dd"),
  charsOf("CF", "cf"),
  repeat(HEX, 2, 2),
);

/** The rules that all schemas share: a character of a string in any spelling, and any string. */
export const STRING_RULES: Readonly<Record<string, IrNode>> = {
  string: seq(text('"'), repeat(ref("char"), 0, null), text('"')),
  char: choice(chars(RAW), seq(text("\\"), ref("escape"))),
  escape: choice(
    chars([...'"/\\bfnrt'].map((char) => [char.charCodeAt(0), char.charCodeAt(0)] as const)),
    seq(text("u"), charsOf("09", "AC", "EF", "ac", "ef"), repeat(HEX, 3, 3)),
    seq(text("u"), charsOf("DD", "dd"), charsOf("07"), repeat(HEX, 2, 2)),
    SURROGATES,
  ),
};

/** One character of the set as a JSON string may write it: as it is, with its short escape, or (control characters and
 *  those beyond ASCII) as `\uXXXX`. */
export function spelled(ranges: Ranges): IrNode {
  const short = [...SHORT_ESCAPES].filter(([code]) => intersectionOf(ranges, [[code, code]]).length > 0);
  const hex = intersectionOf(ranges, HEX_SPELLED);
  const hexRanges = hex.length <= MOST_HEX_RANGES ? hex : intersectionOf(hex, [[0, 0x1f]]);
  const hasAstral = intersectionOf(ranges, ASTRAL)[0]?.join() === ASTRAL[0]!.join();
  const afterBackslash = choice(
    ...short.map(([, letter]) => text(letter)),
    ...hexRanges.map(([first, last]) => seq(text("u"), hexBetween(hex4(first), hex4(last)))),
    ...(hasAstral ? [SURROGATES] : []),
  );
  return choice(chars(intersectionOf(ranges, RAW)), seq(text("\\"), afterBackslash));
}

function hex4(codePoint: number): string {
  return codePoint.toString(16).padStart(4, "0");
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

/** Any JSON value and its parts, in a style. */
export function valueRules({ comma, colon, edge }: Punctuation): Readonly<Record<string, IrNode>> {
  const member = seq(ref("string"), colon, ref("value"));
  const list = (open: string, element: IrNode, close: string) =>
    seq(text(open), edge, optional(seq(element, repeat(seq(comma, element), 0, null), edge)), text(close));
  return {
    value: choice(ref("object"), ref("array"), ref("string"), ref("number"), text("true"), text("false"), text("null")),
    object: list("{", member, "}"),
    array: list("[", ref("value"), "]"),
  };
}

/** A value in its one form: keys in its own order, strings as JSON.stringify writes them. */
export function literal(value: unknown, punctuation: Punctuation): IrNode {
  const { comma, colon, edge } = punctuation;
  if (value === null || typeof value !== "object") return text(JSON.stringify(value));
  const isArray = Array.isArray(value);
  const elements = isArray
    ? value.map((element: unknown) => literal(element, punctuation))
    : Object.entries(value).map(([key, member]) => seq(text(JSON.stringify(key)), colon, literal(member, punctuation)));
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (elements.length === 0) return seq(text(open), edge, text(close));
  const [first, ...rest] = elements;
  return seq(text(open), edge, first!, ...rest.flatMap((element) => [comma, element]), edge, text(close));
}
