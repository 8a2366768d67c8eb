import { stringifyExact } from "../exactNumbers.js";
import { SCHEMA_IN_PROMPT, type SchemaInPrompt } from "../schemaInPrompt.js";
import { isKeywordMap, type KeywordMap } from "./document/index.js";

/** Annotations, and from which mode on the model reads them. */
const READ_FROM: ReadonlyMap<string, SchemaInPrompt> = new Map([
  ["title", "descriptions"],
  ["description", "descriptions"],
  ...[
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "contentEncoding",
  ].map((keyword) => [keyword, "full"] as const),
]);

/** The annotations that nothing uses in a mode. */
export function unusedAnnotations(mode: SchemaInPrompt): ReadonlySet<string> {
  const rank = (one: SchemaInPrompt) => SCHEMA_IN_PROMPT.indexOf(one);
  return new Set([...READ_FROM].filter(([, from]) => rank(from) > rank(mode)).map(([keyword]) => keyword));
}

/** The system prompt as the model gets it: the user's, and behind it what the mode tells of the schema.
 *  @returns the user's own where the mode, or the schema, has nothing to tell */
export function withSchema(systemPrompt: string | null, schema: unknown, mode: SchemaInPrompt): string | null {
  const told = mode === "off" ? null : mode === "full" ? wholeSchema(schema) : describedFields(schema);
  if (told === null) return systemPrompt;
  return systemPrompt === null ? told : `${systemPrompt}\n\n${told}`;
}

function wholeSchema(schema: unknown): string {
  return `Answer with JSON that is valid against this JSON Schema:\n${stringifyExact(schema)}`;
}

/** Most schemas that are looked at, each at every path where it stands: definitions that name each other have fields almost
 *  without end. */
const MOST_PLACES = 10_000;

/** A schema at the path of a field. */
interface Place {
  readonly schema: KeywordMap;
  readonly path: string;
  /** The place that it is met from, null at the root. */
  readonly from: Place | null;
}

/** A line for each field of which the schema says something in words; null where it says nothing.
 *
 *  Answer with JSON: an order. Its fields:
 *  - id: the order's number
 *  - items[].price: in cents */
function describedFields(schema: unknown): string | null {
  if (!isKeywordMap(schema)) return null;
  const lines = new Set<string>();
  const pathsOf = new Map<KeywordMap, Set<string>>();
  // by hand, since references follow each other by the thousand
  const places: Place[] = [{ schema, path: "", from: null }];
  for (let left = MOST_PLACES; left > 0 && places.length > 0; left--) {
    const place = places.pop()!;
    const { schema: at, path } = place;
    const paths = pathsOf.get(at) ?? new Set();
    if (paths.has(path) || isInItself(place)) continue;
    pathsOf.set(at, paths.add(path));
    const words = path === "" ? null : wordsOf(at, path);
    if (words !== null) lines.add(`- ${path}${"const" in at ? ` ${stringifyExact(at.const)}` : ""}: ${words}`);
    const inner: (readonly [unknown, string])[] = [
      [typeof at.$ref === "string" ? localTarget(schema, at.$ref) : undefined, path],
      ...entriesOf(at.properties).map(([name, member]) => [member, path === "" ? name : `${path}.${name}`] as const),
      ...[at.items, at.prefixItems].flat().map((element) => [element, `${path}[]`] as const),
      ...[at.allOf, at.anyOf, at.oneOf].flat().map((part) => [part, path] as const),
    ];
    // the first is the next to be taken
    for (const [value, below] of inner.reverse())
      if (isKeywordMap(value)) places.push({ schema: value, path: below, from: place });
  }
  const whole = wordsOf(schema, "");
  if (whole === null && lines.size === 0) return null;
  const fields = lines.size === 0 ? "" : `${whole === null ? "" : "\n"}${[...lines].join("\n")}`;
  return `Answer with JSON${whole === null ? ":\n" : `: ${whole}`}${fields}`;
}

function isInItself({ schema, from }: Place): boolean {
  for (let around = from; around !== null; around = around.from) if (around.schema === schema) return true;
  return false;
}

/** A description in one line; a title where there is none and it is more than the field's name, as pydantic makes them. */
function wordsOf({ description, title }: KeywordMap, path: string): string | null {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const isName = typeof title === "string" && letters(title) === letters(path.slice(path.lastIndexOf(".") + 1));
  const words = typeof description === "string" ? description : typeof title === "string" && !isName ? title : "";
  const line = words.replace(/\s+/g, " ").trim();
  return line === "" ? null : line;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isKeywordMap(value) ? Object.entries(value) : [];
}

/** Where a reference within the document leads. */
function localTarget(schema: unknown, reference: string): unknown {
  if (!reference.startsWith("#/")) return reference === "#" ? schema : undefined;
  let value: unknown = schema;
  for (const step of reference.slice(2).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isKeywordMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
