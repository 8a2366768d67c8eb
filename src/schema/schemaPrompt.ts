import { stringifyExact } from "../exactNumbers.js";
import { isKeywordMap, type KeywordMap } from "./schemaNode.js";

/** What of a schema the model reads: nothing, what it says in words of its fields, or all of it. */
export const SCHEMA_IN_PROMPT = ["off", "descriptions", "full"] as const;
export type SchemaInPrompt = (typeof SCHEMA_IN_PROMPT)[number];

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

/** A line for each field of which the schema says something in words; null where it says nothing.
 *
 *  Answer with JSON: an order. Its fields:
 *  - id: the order's number
 *  - items[].price: in cents */
function describedFields(schema: unknown): string | null {
  if (!isKeywordMap(schema)) return null;
  const lines = new Set<string>();
  const walk = (value: unknown, path: string, met: ReadonlySet<unknown>): void => {
    if (!isKeywordMap(value) || met.has(value)) return;
    const inside = new Set([...met, value]);
    const words = path === "" ? null : wordsOf(value, path);
    if (words !== null) lines.add(`- ${path}${"const" in value ? ` ${stringifyExact(value.const)}` : ""}: ${words}`);
    if (typeof value.$ref === "string") walk(localTarget(schema, value.$ref), path, inside);
    for (const [name, member] of entriesOf(value.properties))
      walk(member, path === "" ? name : `${path}.${name}`, inside);
    for (const element of [value.items, value.prefixItems].flat()) walk(element, `${path}[]`, inside);
    for (const part of [value.allOf, value.anyOf, value.oneOf].flat()) walk(part, path, inside);
  };
  walk(schema, "", new Set());
  const whole = wordsOf(schema, "");
  if (whole === null && lines.size === 0) return null;
  const fields = lines.size === 0 ? "" : `${whole === null ? "" : "\n"}${[...lines].join("\n")}`;
  return `Answer with JSON${whole === null ? ":\n" : `: ${whole}`}${fields}`;
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
