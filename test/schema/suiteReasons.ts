/** An instance of the official suite that came out otherwise than the suite says. */
export interface Miss {
  /** `refused`: the schema as a whole; `rejects`, `accepts`: what the grammar did wrongly; `check`: the check after
   *  generation objects to a valid instance that the grammar takes. */
  readonly kind: "refused" | "rejects" | "accepts" | "check";
  /** "draft7/optional/format/email". */
  readonly file: string;
  readonly schema: unknown;
  readonly text: string;
  /** Why the schema was refused, what the check says of the instance, and what the grammar leaves to it. */
  readonly said: string;
  readonly checked: readonly string[];
}

interface Reason {
  readonly reason: string;
  /** Instances, at most. */
  readonly most: number;
  readonly isWhy: (miss: Miss) => boolean;
}

const has = (miss: Miss, keyword: string) => JSON.stringify(miss.schema)?.includes(`"${keyword}"`) === true;
const formatOf = ({ schema }: Miss) => (schema as { readonly format?: unknown } | null)?.format;

/** What neither the grammar nor the check decides as the suite does, by reason; the first that fits counts. */
export const REASONS: readonly Reason[] = [
  {
    reason: "the schema needs a document that is not there",
    most: 70,
    isWhy: ({ kind, said }) => kind === "refused" && said.includes("another document"),
  },
  {
    reason: "formats are assertions here, and annotations in that file",
    most: 19,
    isWhy: ({ kind, file }) => (kind === "rejects" || kind === "check") && /^draft[^/]*\/format$/.test(file),
  },
  {
    reason: "$dynamicRef: followed by Ajv's rules, which differ across documents",
    most: 22,
    isWhy: (miss) => has(miss, "$dynamicRef") || miss.said.includes("#meta"),
  },
  {
    reason: "unevaluated items and properties beside contains, and beside an if alone, in Ajv's reading",
    most: 11,
    isWhy: (miss) =>
      (miss.kind === "accepts" || miss.kind === "check") &&
      (has(miss, "unevaluatedItems") || has(miss, "unevaluatedProperties")),
  },
  {
    reason: "content keywords are annotations",
    most: 4,
    isWhy: (miss) => has(miss, "contentMediaType") || has(miss, "contentEncoding"),
  },
  {
    reason: "internationalised names: Punycode and the contexts of RFC 5892",
    most: 98,
    isWhy: (miss) => formatOf(miss) === "idn-hostname" || (formatOf(miss) === "hostname" && /xn--/i.test(miss.text)),
  },
  {
    reason: "leap seconds",
    most: 10,
    isWhy: (miss) => /time$/.test(String(formatOf(miss))) && miss.text.includes(":60"),
  },
  {
    reason: "fractions of a second that a double rounds up",
    most: 2,
    isWhy: (miss) => formatOf(miss) === "date-time" && /\.\d{15}/.test(miss.text),
  },
  {
    reason: "named groups and back-references in what must be a regular expression",
    most: 4,
    isWhy: (miss) => miss.kind === "rejects" && formatOf(miss) === "regex",
  },
  {
    reason: "the format as Ajv has it",
    most: 15,
    isWhy: (miss) => AJVS_OWN.has(String(formatOf(miss))),
  },
  {
    reason: "numbers with more digits than are written",
    most: 2,
    isWhy: ({ kind, text }) => kind === "rejects" && (/e\+\d{3}/.test(text) || /\d{20}/.test(text)),
  },
  {
    reason: "a property named __proto__",
    most: 28,
    isWhy: (miss) => miss.kind === "refused" && has(miss, "__proto__"),
  },
  {
    reason: "a meta-schema of one's own is not read",
    most: 1,
    isWhy: ({ schema }) => /localhost/.test(String((schema as { readonly $schema?: unknown }).$schema)),
  },
  {
    reason: "an $id within a keyword that no standard knows",
    most: 4,
    isWhy: ({ file }) => /unknownKeyword$/.test(file),
  },
];

/** Quoted local parts and address literals of email, the grammar of uri-template, the flags of regex. */
const AJVS_OWN = new Set(["email", "idn-email", "uri-template", "regex"]);
