import type { Random } from "./random.js";
import { randomPattern } from "./randomPatterns.js";

const NAMES = ["a", "b", "ab", "é", 'q"', "name", "", "constructor", "a/b~c"];
/** Not among the others, since a schema with one of them is refused. */
const REFUSED_NAMES = ["__proto__", "\ud800"];
const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"];
const FORMATS = [
  ..."date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri".split(" "),
  ..."iri-reference uuid uri-template json-pointer relative-json-pointer regex int32 url".split(" "),
];
const NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  7,
  0.1,
  0.25,
  1.5,
  -0.75,
  1e-7,
  1e9,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  -1e300,
  5e-324,
  99.99,
];
const COUNTS = [0, 1, 2, 3, 5, 17, 100, 4000, 1e9];
const REFERENCES = ["#", "#/$defs/x", "#/$defs/y"];
const LIKELY_DANGLING = ["#/properties/a", "#x", "#/items", "other.json", "#/$defs/none"];

/** A value of any kind. */
export function randomValue(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 2 ? 5 : 7);
  if (kind === 0) return random.from([null, true, false]);
  if (kind === 1) return random.from(NUMBERS);
  if (kind === 2) return random.below(2000) - 1000;
  if (kind < 5) return random.from([...NAMES, "x", "2024-02-29", "zwei\nZeilen", "😀", "10.0.0.1"]);
  if (kind === 5) return random.some(4, () => randomValue(random, depth + 1));
  return Object.fromEntries(random.some(4, () => [random.from(NAMES), randomValue(random, depth + 1)]));
}

/** A schema of any of the keywords, most of them as their values are meant to be, now and then not. */
export function randomSchema(random: Random, depth = 0): unknown {
  if (random.isIn(0.06)) return random.isIn(0.7);
  if (random.isIn(0.01)) return randomValue(random);
  const keywords = 1 + Math.floor(random.next() ** 2 * 5);
  const schema: Record<string, unknown> = {};
  if (random.isIn(0.6))
    schema.type = random.isIn(0.8) ? random.from(TYPES) : [...new Set([random.from(TYPES), random.from(TYPES)])];
  for (let count = 0; count < keywords; count++) {
    const [keyword, make] = random.from(depth < 3 ? ALL : FLAT);
    put(schema, keyword, random.isIn(0.01) ? randomValue(random) : make(random, depth + 1));
  }
  if (depth > 0) return schema;
  if (random.isIn(0.1)) schema.$schema = random.from(SCHEMA_URIS);
  if (random.isIn(0.3) || JSON.stringify(schema).includes("#/$defs/"))
    put(schema, "$defs", { x: randomSchema(random, 2), y: randomSchema(random, 2) });
  return schema;
}

/** `__proto__` is a key like any other. */
function put(into: object, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
}

const SCHEMA_URIS = [
  "https://json-schema.org/draft/2020-12/schema",
  "http://json-schema.org/draft-07/schema#",
  "http://json-schema.org/draft-04/schema#",
  "https://example.com/mine",
];

type Make = (random: Random, depth: number) => unknown;
const count: Make = (random) => random.from(COUNTS);
const bound: Make = (random) => (random.isIn(0.5) ? random.from(NUMBERS) : random.below(200) - 100);
const names: Make = (random) => random.some(4, () => random.from(NAMES));
const schemaOf: Make = (random, depth) => randomSchema(random, depth);
const schemas: Make = (random, depth) => [
  randomSchema(random, depth),
  ...random.some(3, () => randomSchema(random, depth)),
];
const mapOf =
  (key: (random: Random) => string, value: Make): Make =>
  (random, depth) => {
    const map = {};
    for (const name of random.some(5, () => key(random))) put(map, name, value(random, depth));
    return map;
  };
const name = (random: Random) => (random.isIn(0.01) ? random.from(REFUSED_NAMES) : random.from(NAMES));

const FLAT: readonly (readonly [keyword: string, make: Make])[] = [
  ["const", (random) => randomValue(random)],
  ["enum", (random) => random.some(6, () => randomValue(random))],
  ["minimum", bound],
  ["maximum", bound],
  ["exclusiveMinimum", bound],
  ["exclusiveMaximum", bound],
  ["multipleOf", (random) => Math.abs(bound(random, 0) as number) || 1],
  ["minLength", count],
  ["maxLength", count],
  ["pattern", (random) => (random.isIn(0.5) ? randomPattern(random) : random.from(["^[a-z]+$", "\\d", "^x"]))],
  ["format", (random) => random.from(FORMATS)],
  ["required", names],
  ["minProperties", count],
  ["maxProperties", count],
  ["minItems", count],
  ["maxItems", count],
  ["uniqueItems", (random) => random.isIn(0.7)],
  ["dependentRequired", mapOf(name, names)],
  ["$ref", (random) => random.from(random.isIn(0.9) ? REFERENCES : LIKELY_DANGLING)],
  ["title", () => "t"],
  ["unknown", (random) => randomValue(random)],
];
const ALL: typeof FLAT = [
  ...FLAT,
  ["properties", mapOf(name, schemaOf)],
  ["properties", mapOf(name, schemaOf)],
  ["properties", mapOf(name, schemaOf)],
  ["patternProperties", mapOf((random) => random.from(["^a", "b$", "^x-", ".*", "\\d+"]), schemaOf)],
  ["additionalProperties", schemaOf],
  ["propertyNames", schemaOf],
  ["items", schemaOf],
  ["items", schemas],
  ["prefixItems", schemas],
  ["additionalItems", schemaOf],
  ["contains", schemaOf],
  ["minContains", count],
  ["maxContains", count],
  ["anyOf", schemas],
  ["oneOf", schemas],
  ["allOf", schemas],
  ["not", schemaOf],
  ["if", schemaOf],
  ["then", schemaOf],
  ["else", schemaOf],
  ["dependentSchemas", mapOf(name, schemaOf)],
  ["dependencies", mapOf(name, (random, depth) => (random.isIn(0.5) ? names(random, 0) : randomSchema(random, depth)))],
  ["unevaluatedProperties", schemaOf],
  ["unevaluatedItems", schemaOf],
  ["$anchor", () => "x"],
];

/** A schema with a few places changed: keywords renamed, left out, doubled, their values replaced by others of its own. */
export function mutatedSchema(schema: unknown, random: Random): unknown {
  const own: unknown[] = [];
  collect(schema, own);
  const share = random.from([1, 2, 5]) / Math.max(8, own.length);
  const changed = (value: unknown): unknown => {
    if (random.isIn(share)) {
      const kind = random.below(4);
      if (kind === 0) return random.from(own);
      if (kind === 1) return randomValue(random);
      if (kind === 2) return randomSchema(random, 2);
    }
    if (Array.isArray(value)) return value.filter(() => !random.isIn(share)).map(changed);
    if (typeof value !== "object" || value === null) return value;
    const map = {};
    for (const [key, member] of Object.entries(value)) {
      if (random.isIn(share)) continue;
      put(map, random.isIn(share) ? random.from(ALL)[0] : key, changed(member));
    }
    if (random.isIn(share * 2)) {
      const [keyword, make] = random.from(ALL);
      put(map, keyword, make(random, 2));
    }
    return map;
  };
  return changed(schema);
}

function collect(value: unknown, into: unknown[]): void {
  if (into.length > 2_000) return;
  into.push(value);
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) collect(part, into);
}
