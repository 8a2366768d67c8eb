import fc from "fast-check";

export type Schema = Record<string, unknown>;

const names = fc.constantFrom("a", "b", "ab", "é", 'q"', "name", "c d");
const scalars = fc.oneof(
  fc.constantFrom("x", "y", 'quo"te', "zeile\nzwei", "ß", 0, 1, -3, 2.5, true, false, null),
  fc.integer({ min: -50, max: 50 }),
);

const strings: fc.Arbitrary<Schema> = fc
  .tuple(fc.option(fc.nat(4), { nil: undefined }), fc.option(fc.nat(6), { nil: undefined }))
  .map(([least, more]) => ({
    type: "string",
    ...(least === undefined ? {} : { minLength: least }),
    ...(more === undefined ? {} : { maxLength: (least ?? 0) + more }),
  }));
const patterns: fc.Arbitrary<Schema> = fc
  .constantFrom(
    "^[a-z]{2,4}$",
    "^a",
    "b$",
    "\\d{2}",
    "^(x|yy)+$",
    "^\\S+ \\S+$",
    "^(?!a)[a-c]*$",
    "^[^/]+$",
    "^\\p{Lu}",
  )
  .map((pattern) => ({ type: "string", pattern }));
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  date: ["2024-02-29", "1999-12-31", "2023-02-29", "2000-13-01"],
  time: ["23:59:59.5Z", "00:00:00+01:30", "24:00:00Z", "12:00"],
  "date-time": ["1999-12-31T00:00:00+01:30", "2024-02-29T12:30:00.123Z", "2024-02-30T12:30:00Z"],
  duration: ["P1Y2M", "PT3H", "P2W", "P1DT2H3M4S", "P", "PT"],
  email: ["a.b@c.de", "x_1+y@sub.ex-1.org", "a@b", "a..b@c.de"],
  hostname: ["ex-1.org", "localhost", "-x.org", "a..b"],
  ipv4: ["10.0.255.1", "1.2.3.256", "1.2.3"],
  ipv6: ["::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "::", "1::2::3", "1:2:3"],
  uri: ["https://a.b/c?d=e#f", "urn:x:y", "mailto:a@b.c", "/x", "a b:c"],
  "uri-reference": ["../x", "https://a.b:80/", "?q", "#f", "/a/b", "a b"],
  uuid: ["01234567-89ab-cdef-0123-456789ABCDEF", "01234567-89ab-cdef-0123"],
  "json-pointer": ["/a~1b/0", "", "a", "/~2"],
  "relative-json-pointer": ["1/x", "0#", "01/x", "/x"],
};
export const FORMATS = Object.keys(EXAMPLES);
// Ajv's own uri-reference takes characters and colons that RFC 3986 does not, so the two differ there by design
const formats: fc.Arbitrary<Schema> = fc
  .constantFrom(...FORMATS.filter((one) => one !== "uri-reference"))
  .map((format) => ({ type: "string", format }));

const bounds = fc.oneof(
  fc.integer({ min: -1200, max: 1200 }),
  fc.integer({ min: -999, max: 999 }).map((value) => value / 100),
  fc.constantFrom(0, 1, 0.1, 1e-9, 123456.789, 2 ** 53, 2 ** 60, -(2 ** 55), 1e18, 1e22, 1e300, -1e-7),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
/** Whether an integer's bound says what it means: a larger one must be a bigint (exactIntegers.test.ts). */
const isSure = (bound: number) => !Number.isInteger(bound) || Number.isSafeInteger(bound) || Math.abs(bound) >= 1e21;
export const numbers: fc.Arbitrary<Schema> = fc
  .record({
    type: fc.constantFrom("number", "integer"),
    low: fc.option(fc.tuple(fc.constantFrom("minimum", "exclusiveMinimum"), bounds), { nil: undefined }),
    high: fc.option(fc.tuple(fc.constantFrom("maximum", "exclusiveMaximum"), bounds), { nil: undefined }),
  })
  .filter(({ type, low, high }) => type === "number" || [low, high].every((bound) => isSure(bound?.[1] ?? 0)))
  .map(({ type, low, high }) => {
    const isTurned = low !== undefined && high !== undefined && low[1] > high[1];
    const [from, to] = isTurned ? [high[1], low[1]] : [low?.[1], high?.[1]];
    return {
      type,
      ...(low === undefined ? {} : { [low[0]]: from }),
      ...(high === undefined ? {} : { [high[0]]: to }),
    };
  });
const multiples: fc.Arbitrary<Schema> = fc
  .record({ multipleOf: fc.constantFrom(1, 2, 3, 5, 7, 10, 25, 60, 100), maximum: fc.constantFrom(100, 250, 300) })
  .map(({ multipleOf, maximum }) => ({ type: "integer", multipleOf, minimum: 0, maximum }));
const listed: fc.Arbitrary<Schema> = fc.oneof(
  fc.array(scalars, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: [...new Set(values)] })),
  fc.oneof(scalars, fc.array(scalars, { maxLength: 2 })).map((value) => ({ const: value })),
);
const plain: fc.Arbitrary<Schema> = fc
  .constantFrom("null", "boolean", "integer", "number", "string")
  .chain((type) => fc.constantFrom<Schema>({ type }, { type: [...new Set([type, "null"])] }));

const TREE = {
  type: "object",
  properties: { value: { type: "integer" }, next: { anyOf: [{ $ref: "#/$defs/tree" }, { type: "null" }] } },
  required: ["value"],
};

/** Random schemas of the keywords that are enforced, recursive ones among them. */
export const schemas: fc.Arbitrary<Schema> = fc
  .letrec<{ node: Schema; object: Schema; array: Schema; union: Schema; meet: Schema }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(plain, listed, strings, patterns, formats, numbers, multiples),
      tie("object"),
      tie("array"),
      tie("union"),
      tie("meet"),
    ),
    object: fc
      .record({
        properties: fc.dictionary(names, tie("node"), { maxKeys: 4 }),
        isRequired: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        additional: fc.oneof(fc.constant(undefined), fc.boolean(), tie("node")),
      })
      .map(({ properties, isRequired, additional }) => ({
        type: "object",
        properties: { ...properties },
        required: Object.keys(properties).filter((_, place) => isRequired[place]),
        ...(additional === undefined ? {} : { additionalProperties: additional }),
      })),
    array: fc
      .record({
        prefix: fc.array(tie("node"), { maxLength: 2 }),
        items: fc.oneof(fc.constant(undefined), fc.boolean(), tie("node")),
        least: fc.nat(2),
        more: fc.option(fc.nat(3), { nil: undefined }),
      })
      .map(({ prefix, items, least, more }) => ({
        type: "array",
        ...(prefix.length === 0 ? {} : { prefixItems: prefix }),
        ...(items === undefined ? {} : { items }),
        minItems: least,
        ...(more === undefined ? {} : { maxItems: least + more }),
      })),
    union: fc.oneof(
      fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((options) => ({ anyOf: options })),
      fc.array(tie("object"), { minLength: 1, maxLength: 3 }).map((options) => ({
        oneOf: options.map((option, place) => {
          const properties = option.properties as Schema;
          return {
            ...option,
            properties: { kind: { const: `k${place}` }, ...properties },
            required: ["kind", ...(option.required as string[])],
          };
        }),
      })),
    ),
    meet: fc.oneof(
      fc.tuple(tie("node"), tie("node")).map((parts) => ({ allOf: parts })),
      fc.tuple(tie("object"), tie("object")).map((parts) => ({ allOf: parts })),
      fc.constant({ $ref: "#/$defs/tree" }),
    ),
  }))
  .node.map((schema) => ({
    ...schema,
    $defs: {
      tree: TREE,
    },
  }));

const anyValue = fc.oneof(scalars, fc.array(scalars, { maxLength: 2 }), fc.dictionary(names, scalars, { maxKeys: 2 }));

/** Random values that such a schema means, most of them valid: the judge decides. */
export function instances(schema: unknown, depth = 0): fc.Arbitrary<unknown> {
  if (typeof schema !== "object" || schema === null) return anyValue;
  const s = schema as Schema;
  if ("const" in s) return fc.constant(s.const);
  if (Array.isArray(s.enum)) return fc.constantFrom(...(s.enum as unknown[]));
  const options = (s.anyOf ?? s.oneOf) as unknown[] | undefined;
  if (options !== undefined) return fc.oneof(...options.map((option) => instances(option, depth)));
  if (Array.isArray(s.allOf)) {
    return fc
      .tuple(...s.allOf.map((part) => instances(part, depth)))
      .map((parts) => merged(parts, s.allOf as Schema[]));
  }
  if (s.$ref !== undefined) {
    const end = { value: 3 };
    return fc.constantFrom(end, { value: 1, next: null }, { value: -7, next: end });
  }
  const type = Array.isArray(s.type) ? s.type[0] : s.type;
  if (type === "null") return fc.constant(null);
  if (type === "boolean") return fc.boolean();
  if (type === "integer" || type === "number") return numberInstances(s, type);
  if (type === "string") return stringInstances(s);
  if (type === "array") {
    const prefix = (s.prefixItems ?? []) as unknown[];
    const length = {
      minLength: s.minItems as number,
      maxLength: Math.min((s.maxItems as number) ?? 9, (s.minItems as number) + 3),
    };
    return fc
      .tuple(
        fc.tuple(...prefix.map((one) => instances(one, depth + 1))),
        fc.array(instances(s.items ?? true, depth + 1), { maxLength: 3 }),
        fc.integer({ min: length.minLength, max: length.maxLength }),
      )
      .map(([first, more, count]) => [...first, ...more].slice(0, count));
  }
  const properties = s.properties as Schema;
  return fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, instances(member, depth + 1)])),
    { requiredKeys: s.required as string[] },
  );
}

/** Objects as one, its keys in the order in which the merged schemas list them; the first part alone where one of the
 *  schemas is itself made of others, and of anything else. */
function merged(parts: readonly unknown[], schemas: readonly Schema[]): unknown {
  const listed = schemas.map((schema) => (schema.$ref === undefined ? schema.properties : TREE.properties));
  const isPlain = (part: unknown) => typeof part === "object" && part !== null && !Array.isArray(part);
  if (!parts.every(isPlain) || listed.includes(undefined)) return parts[0];
  const all = Object.assign({}, ...(parts as object[])) as Schema;
  const order = [...listed.flatMap((properties) => Object.keys(properties as Schema)), ...Object.keys(all)];
  return Object.fromEntries([...new Set(order)].filter((key) => Object.hasOwn(all, key)).map((key) => [key, all[key]]));
}

function numberInstances(s: Schema, type: "integer" | "number"): fc.Arbitrary<number> {
  const low = Number(s.minimum ?? s.exclusiveMinimum ?? -1e6);
  const high = Number(s.maximum ?? s.exclusiveMaximum ?? Math.max(1e6, low + 10));
  const least = Math.min(low, high - 1);
  if (type === "integer") {
    const [from, to] = [Math.max(Math.ceil(least), -(2 ** 53)), Math.min(Math.floor(high), 2 ** 53)];
    return from > to ? fc.constant(from) : fc.integer({ min: 0, max: 1000 }).map((step) => Math.min(to, from + step));
  }
  return fc.nat(1002).map((part) => {
    const value =
      part > 1000 ? [low, high][part - 1001]! : Number((least + ((high - least) * part) / 1000).toPrecision(6));
    return isOrdinary(value) ? value : 0;
  });
}

/** The grammar promises up to 15 digits before the point and 17 after it, not every form of every double. */
function isOrdinary(value: number): boolean {
  return value === 0 || (Math.abs(value) >= 1e-6 && Math.abs(value) < 1e15 && JSON.stringify(value).length < 17);
}

function stringInstances(s: Schema): fc.Arbitrary<string> {
  if (typeof s.format === "string") return fc.constantFrom(...EXAMPLES[s.format]!, "", "no such\nthing");
  if (s.pattern !== undefined) return fc.constantFrom("ab", "abc", "a", "b", "xyy", "12", "x y", "Ärger", "cb", "");
  const length = { minLength: (s.minLength as number) ?? 0, maxLength: (s.maxLength as number) ?? 12 };
  return fc.string({
    unit: fc.constantFrom("a", "Z", '"', "\\", "\n", "\u0001", "é", "漢", "😀", "/", "\u2028"),
    ...length,
  });
}
