/** The standard formats as regular expressions: the definitions of RFC 3339 (dates and times), 5321 (email), 1123
 *  (hostname), 2673 and 4291 (addresses), 3986 (uri), 4122 (uuid) and 6901 (pointers), each narrowed where that keeps it
 *  short: no leap seconds, fractions of at most 9 digits, upper-case T and Z, no user part in a URI. */
const MONTHS_DAYS =
  "(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8])";
const LEAP_YEAR = "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const DATE = `(?:\\d{4}-(?:${MONTHS_DAYS})|${LEAP_YEAR}-02-29)`;
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
const COUNT = "\\d{1,9}";
const CLOCK = `T(?:${COUNT}H(?:${COUNT}M)?(?:${COUNT}S)?|${COUNT}M(?:${COUNT}S)?|${COUNT}S)`;
const DAYS = `(?:${COUNT}Y(?:${COUNT}M)?(?:${COUNT}D)?|${COUNT}M(?:${COUNT}D)?|${COUNT}D)`;
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const LAST_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,58}[A-Za-z0-9])?";
/** Without a limit of length: the automaton of one is too large to be joined with a pattern. */
const DOMAIN_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;
const H16 = "[0-9A-Fa-f]{1,4}";
const PCHAR = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const PCHAR_NO_COLON = "(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})";
const HOST = "(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*";
const AUTHORITY = `//${HOST}(?::\\d{0,5})?(?:/${PCHAR}*)*`;
const QUERY = `(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?`;
const POINTER = "(?:/(?:[^~/]|~[01])*)*";

/** `::` stands for at least one group: `before` groups before it and up to 7 - before after it. */
function shortenedIpv6(): string {
  const options = Array.from({ length: 8 }, (_, before) => {
    const front = before === 0 ? "" : `${H16}(?::${H16}){${before - 1}}`;
    const left = 7 - before;
    return `${front}::${left === 0 ? "" : `(?:${H16}(?::${H16}){0,${left - 1}})?`}`;
  });
  return options.join("|");
}

const EXPRESSIONS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  "date-time": `${DATE}T${TIME}`,
  duration: `P(?:${DAYS}(?:${CLOCK})?|${CLOCK}|${COUNT}W)`,
  email: `${ATOM}(?:\\.${ATOM})*@(?:${DOMAIN_LABEL}\\.)+${DOMAIN_LABEL}`,
  hostname: `(?:${LABEL}\\.){0,3}${LAST_LABEL}`,
  ipv4: IPV4,
  ipv6: `(?:${H16}:){7}${H16}|(?:${H16}:){6}${IPV4}|${shortenedIpv6()}`,
  uri: `[A-Za-z][A-Za-z0-9+.-]*:(?:${AUTHORITY}|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${PCHAR}+(?:/${PCHAR}*)*)${QUERY}`,
  "uri-reference": `(?:[A-Za-z][A-Za-z0-9+.-]*:(?:${AUTHORITY}|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${PCHAR}+(?:/${PCHAR}*)*)|${AUTHORITY}|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${PCHAR_NO_COLON}+(?:/${PCHAR}*)*|)${QUERY}`,
  uuid: "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
  "json-pointer": POINTER,
  "relative-json-pointer": `(?:0|[1-9]\\d{0,8})(?:#|${POINTER})`,
};

/** The expression that a whole string of the format matches; undefined for formats that have none here. */
export function formatExpression(format: string): string | undefined {
  const expression = Object.hasOwn(EXPRESSIONS, format) ? EXPRESSIONS[format] : undefined;
  return expression === undefined ? undefined : `^(?:${expression})$`;
}

const STANDARD = new Set([
  ...Object.keys(EXPRESSIONS),
  "idn-email",
  "idn-hostname",
  "iri",
  "iri-reference",
  "uri-template",
  "regex",
]);

/** Whether JSON Schema 2020-12 defines the format; any other is an annotation. */
export function isStandardFormat(name: string): boolean {
  return STANDARD.has(name);
}
