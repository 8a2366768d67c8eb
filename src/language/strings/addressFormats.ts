const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const HEX = "[0-9A-Fa-f]";
const H16 = `${HEX}{1,4}`;

export const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;

/** An address with `::` for at least one group: `before` groups before it, and as many behind it as are left, of which the
 *  last two may be an IPv4 address. */
function shortened(before: number): string {
  const front = before === 0 ? "" : `${H16}(?::${H16}){${before - 1}}`;
  const left = 7 - before;
  const groups = left === 0 ? "" : `(?:${H16}(?::${H16}){0,${left - 1}})?`;
  const withIpv4 = left < 2 ? "" : `|${front}::(?:${H16}:){0,${left - 2}}${IPV4}`;
  return `${front}::${groups}${withIpv4}`;
}

/** RFC 4291, without zones. */
export const IPV6 = [
  `(?:${H16}:){7}${H16}`,
  `(?:${H16}:){6}${IPV4}`,
  ...Array.from({ length: 8 }, (_, before) => shortened(before)),
].join("|");

/** A label of a host name (RFC 1123) with at most so many characters between its first and its last. */
export function hostLabel(inner: number): string {
  return `[A-Za-z0-9](?:[A-Za-z0-9-]{0,${inner}}[A-Za-z0-9])?`;
}

/** Characters beyond ASCII that an IRI has anywhere, and those that it has only in its query (RFC 3987). */
const PLANES = [..."123456789ABCD"].map((plane) => `\\u{${plane}0000}-\\u{${plane}FFFD}`).join("");
const WIDE = `\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF${PLANES}\\u{E1000}-\\u{EFFFD}`;
const PRIVATE = "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";

/** `strict`: RFC 3986, without a scheme alone; `wide`: RFC 3987; `loose`: whatever Ajv takes for a URI. */
export type UriKind = "strict" | "wide" | "loose";

interface UriParts {
  readonly scheme: string;
  readonly hierarchy: string;
  readonly relative: string;
  readonly tail: string;
}

function uriParts(kind: UriKind): UriParts {
  const wide = kind === "wide" ? WIDE : "";
  // Ajv has the quotation mark among the characters of references
  const chars = `A-Za-z0-9._~!$&'()*+,;=${wide}${kind === "loose" ? '"' : ""}`;
  const percent = `%${HEX}{2}`;
  const pchar = `(?:[${chars}:@-]|${percent})`;
  const first = `(?:[${chars}@-]|${percent})`;
  const future = `[Vv]${HEX}+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+`;
  const literal = kind === "loose" ? `\\[(?:[0-9A-Fa-f:.]+|${future})\\]` : `\\[(?:${IPV6}|${future})\\]`;
  const host = `(?:${literal}|(?:[${chars}-]|${percent})*)`;
  const authority = `${kind === "loose" ? "/?/" : "//"}(?:(?:[${chars}:-]|${percent})*@)?${host}(?::\\d*)?(?:/${pchar}*)*`;
  const absolute = `/(?:${pchar}+(?:/${pchar}*)*)?`;
  const query = kind === "wide" ? `(?:${pchar}|[/?${PRIVATE}])` : `(?:${pchar}|[/?])`;
  return {
    scheme: "[A-Za-z][A-Za-z0-9+.-]*:",
    hierarchy: `(?:${authority}|${absolute}|${pchar}+(?:/${pchar}*)*)${kind === "wide" ? "?" : ""}`,
    relative: `(?:${authority}|${absolute}|${first}+(?:/${pchar}*)*)?`,
    tail: `(?:\\?${query}*)?(?:#(?:${pchar}|[/?])*)?`,
  };
}

export function uriExpression(kind: UriKind): string {
  const { scheme, hierarchy, tail } = uriParts(kind);
  return `${scheme}${hierarchy}${tail}`;
}

export function uriReferenceExpression(kind: UriKind): string {
  const { scheme, hierarchy, relative, tail } = uriParts(kind);
  if (kind === "loose") return `(?:${scheme})?${hierarchy}?${tail}`;
  return `(?:${scheme}${hierarchy}|${relative})${tail}`;
}
