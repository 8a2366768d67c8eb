/** Groups within each other that are followed. */
const DEEPEST = 2;
/** Largest first count of a `{n,m}` whose second is followed. */
const LARGEST_COUNT = 20;

const SYNTAX = "\\^$\\\\.*+?()[\\]{}|";
const HEX = "[0-9A-Fa-f]";
const PROPERTY = "(?:L[ulmot]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfon]?|Alphabetic|White_Space|Any|ASCII)";
const UNICODE = `u(?:${HEX}{4}|\\{0*(?:${HEX}{1,5}|10${HEX}{4})\\})`;
const CHARACTER_ESCAPE = `[fnrtv${SYNTAX}/]|c[A-Za-z]|0(?![0-9])|x${HEX}{2}|${UNICODE}`;
const ESCAPE = `\\\\(?:[dDwWsS]|[pP]\\{${PROPERTY}\\}|${CHARACTER_ESCAPE})`;
const CLASS_ESCAPE = `\\\\(?:[dDwWsSb-]|[pP]\\{${PROPERTY}\\}|${CHARACTER_ESCAPE})`;

/** Characters from the space to `~` that stand for themselves in a class, and so may begin or end a range. */
const PLAIN = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).filter(
  (char) => !"\\]^[-".includes(char),
);

function rangeFrom(first: string): string {
  const escaped = `\\x${first.charCodeAt(0).toString(16)}`;
  return `${escaped}-(?![\\\\\\]\\[^-])[${escaped}-~]`;
}

/** `\\x01-\\x1f` and the like, where the first of two hexadecimal digits tells which is more. */
const HEX_RANGES = Array.from({ length: 15 }, (_, high) => {
  const more = [..."0123456789abcdef"].slice(high + 1).join("");
  const digit = high.toString(16);
  return `\\\\x[${digit}${digit.toUpperCase()}]${HEX}-\\\\x[${more}${more.toUpperCase()}]${HEX}`;
}).join("|");
const RANGES = `(?:${PLAIN.map(rangeFrom).join("|")}|${HEX_RANGES})(?:-(?!-[^\\]]))?`;
// what is followed by a hyphen and more would begin a range
const MEMBER = `(?:${CLASS_ESCAPE}|[^\\\\\\]-])(?!-[^\\]])`;
const CLASS = `\\[\\^?-?(?:${RANGES}|${MEMBER})*-?\\]`;

/** `{n,m}` with n no more than m. */
function countsFrom(count: number): string {
  const [tens, ones] = [Math.floor(count / 10), count % 10];
  if (count < 10) return `${count},(?:[${ones}-9]|[1-9]\\d+)`;
  const more = tens === 9 ? "" : `|[${tens + 1}-9]\\d`;
  return `${count},(?:${tens}[${ones}-9]${more}|[1-9]\\d{2,})`;
}

const COUNTS = Array.from({ length: LARGEST_COUNT + 1 }, (_, count) => countsFrom(count)).join("|");
const QUANTIFIER = `(?:(?:[*+?]|\\{(?:\\d+,?|${COUNTS})\\})\\??)?`;

/** @param hasLook  whether there may be look-arounds: only outside of groups, or in one */
function alternatives(depth: number, hasLook: boolean): string {
  const group = depth === 0 ? "" : `|\\((?:\\?:)?${alternatives(depth - 1, hasLook && depth === DEEPEST)}\\)`;
  const look = !hasLook ? "" : `|\\(\\?<?[=!]${alternatives(depth - 1, false)}\\)`;
  const atom = `(?:[^${SYNTAX}]|\\.|${ESCAPE}|${CLASS}${group})`;
  return `(?:[|\\^$]|\\\\[bB]${look}|${atom}${QUANTIFIER})*`;
}

/** Regular expressions (ECMA-262, flag `u`) that are known to be right: groups at most four deep and without names, no
 *  back-references, ranges of ASCII characters. */
export function regexExpression(): string {
  return alternatives(DEEPEST, true);
}
