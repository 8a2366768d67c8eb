import { hostLabel, IPV4, IPV6, uriExpression, uriReferenceExpression } from "./addressFormats.js";
import { regexExpression } from "./regexFormat.js";

/** The standard formats as regular expressions: RFC 3339 (dates and times), 5321 and 6531 (email), 1123 and 5891 (host
 *  names), 2673 and 4291 (addresses), 3986 and 3987 (URIs and IRIs), 4122 (uuid), 6570 (templates) and 6901 (pointers), each
 *  no wider than what ajv-formats takes; narrower where numbers have an end and leap seconds another time zone. */
interface Format {
  /** What is written: right by the standard and for Ajv. */
  readonly inner: string;
  /** What Ajv takes for the format, where that is more: what must not be of the format is none of these. */
  readonly outer?: string;
}

const MONTHS_DAYS =
  "(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])";
const LEAP_YEAR = "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const DATE = `(?:\\d{4}-(?:${MONTHS_DAYS})|${LEAP_YEAR}-02-29)`;
const HOUR = "(?:[01]\\d|2[0-3])";
/** Digits in a row: an end to a greedy model's. */
const DIGITS = "\\d{1,12}";
const FRACTION = `(?:\\.${DIGITS})?`;
// a leap second is the last of a day in UTC
const LEAP_SECOND = `23:59:60${FRACTION}(?:[Zz]|[+-]00:00)`;
const TIME = `(?:${HOUR}:[0-5]\\d:[0-5]\\d${FRACTION}(?:[Zz]|[+-]${HOUR}:[0-5]\\d)|${LEAP_SECOND})`;
const LOOSE_TIME = `\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:[Zz]|[+-]\\d\\d(?::?\\d\\d)?)`;
const CLOCK = `T(?:${DIGITS}H(?:${DIGITS}M(?:${DIGITS}S)?)?|${DIGITS}M(?:${DIGITS}S)?|${DIGITS}S)`;
const DAYS = `(?:${DIGITS}Y(?:${DIGITS}M(?:${DIGITS}D)?)?|${DIGITS}M(?:${DIGITS}D)?|${DIGITS}D)`;
const LOOSE_DURATION = "P(?:(?:\\d+Y)?(?:\\d+M)?(?:\\d+D)?(?:T(?:\\d+H)?(?:\\d+M)?(?:\\d+S)?)?|\\d+W)";
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
/** Without a limit of length, as Ajv has it: the automaton of one is too large to be joined with a pattern. */
const DOMAIN_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HEX = "[0-9A-Fa-f]";
const UUID = `${HEX}{8}-(?:${HEX}{4}-){3}${HEX}{12}`;
const POINTER = "(?:/(?:[^~/]|~[01])*)*";
const VARIABLE = `(?:[A-Za-z0-9_]|%${HEX}{2})+(?::[1-9]\\d{0,3}|\\*)?`;
/** Letters and digits of all scripts that may stand in a host name (IDNA 2008, PVALID), without those that are right only
 *  in some context. */
const NOT_IN_LABELS = "\\u0640\\u07FA\\u302E\\u302F\\u3031-\\u3035\\u303B\\u1100-\\u11FF\\uA960-\\uA97C\\uD7B0-\\uD7FB";
/** Scripts written from right to left, whose labels have rules of their own (RFC 5893). */
const RIGHT_TO_LEFT = "\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFF\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}";
const LABEL_CHAR = `(?![${NOT_IN_LABELS}${RIGHT_TO_LEFT}])[a-z0-9\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}]`;
const IDN_LABEL = `(?!\\p{M})${LABEL_CHAR}(?:(?:-(?!-)|${LABEL_CHAR}){0,20}${LABEL_CHAR})?`;
const WIDE = "\\u00A1-\\uD7FF\\uE000-\\u{10FFFF}";
const WIDE_ATOM = `[A-Za-z0-9!#$%&'*+/=?^_\`{|}~${WIDE}-]+`;
const WIDE_LABEL = `[A-Za-z0-9${WIDE}](?:[A-Za-z0-9${WIDE}-]*[A-Za-z0-9${WIDE}])?`;

/** At most 253 characters in all: few long labels, or more that are shorter. */
const HOSTNAME = [`(?:${hostLabel(61)}\\.){0,2}${hostLabel(61)}`, `(?:${hostLabel(28)}\\.){0,7}${hostLabel(28)}`].join(
  "|",
);

const FORMATS: Readonly<Record<string, Format>> = {
  date: { inner: DATE },
  time: { inner: TIME, outer: LOOSE_TIME },
  "date-time": { inner: `${DATE}[Tt]${TIME}`, outer: `${DATE}[Tt\\s]${LOOSE_TIME}` },
  duration: { inner: `P(?:${DAYS}(?:${CLOCK})?|${CLOCK}|${DIGITS}W)`, outer: LOOSE_DURATION },
  email: { inner: `${ATOM}(?:\\.${ATOM})*@(?:${DOMAIN_LABEL}\\.)+${DOMAIN_LABEL}` },
  "idn-email": { inner: `${WIDE_ATOM}(?:\\.${WIDE_ATOM})*@(?:${WIDE_LABEL}\\.)*${WIDE_LABEL}` },
  hostname: { inner: HOSTNAME, outer: `(?:${hostLabel(61)}\\.)*${hostLabel(61)}\\.?` },
  "idn-hostname": { inner: `(?:${HOSTNAME})|(?:${IDN_LABEL}\\.){0,4}${IDN_LABEL}` },
  ipv4: { inner: IPV4 },
  ipv6: { inner: IPV6 },
  uri: { inner: uriExpression("strict"), outer: uriExpression("loose") },
  "uri-reference": { inner: uriReferenceExpression("strict"), outer: uriReferenceExpression("loose") },
  iri: { inner: uriExpression("wide") },
  "iri-reference": { inner: uriReferenceExpression("wide") },
  uuid: { inner: UUID, outer: `(?:[Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:)?${UUID}` },
  "uri-template": {
    inner: `(?:[!#$&(-;=?-[\\]_a-z~\\u00A0-\\uD7FF\\uE000-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{10FFFD}]|%${HEX}{2}|\\{[+#./;?&=,!@|]?${VARIABLE}(?:,${VARIABLE})*\\})*`,
    outer: `(?:[^\\x00-\\x20"'<>%\\\\^\`{|}]|%${HEX}{2}|\\{[+#./;?&=,!@|]?${VARIABLE}(?:,${VARIABLE})*\\})*`,
  },
  "json-pointer": { inner: POINTER },
  "relative-json-pointer": {
    inner: `(?:0|[1-9]\\d{0,11})(?:#|${POINTER})`,
    outer: `(?:0|[1-9]\\d*)(?:#|${POINTER})`,
  },
};

/** The expression that strings of the format match, or with `isNegated` those match that are not to be; undefined for
 *  formats that have none here. */
export function formatExpression(format: string, isNegated = false): string | undefined {
  if (format === "regex") return isNegated ? undefined : `^(?:${regexExpression()})$`;
  const found = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return found && `^(?:${isNegated ? (found.outer ?? found.inner) : found.inner})$`;
}

/** Whether JSON Schema 2020-12 defines the format; any other is an annotation. */
export function isStandardFormat(name: string): boolean {
  return Object.hasOwn(FORMATS, name) || name === "regex";
}
