/** Schemas that ask for more than they look: each by a name, made when it is asked for. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  "several oneOf of multiples": () => ({
    type: "number",
    allOf: [
      { oneOf: [{ multipleOf: 21 }, { multipleOf: 10 }, { multipleOf: 65 }] },
      { oneOf: [{ allOf: [{ not: { multipleOf: 9 } }, { not: { multipleOf: 11 } }] }, { multipleOf: 38 }] },
      { oneOf: [{ not: { multipleOf: 13 } }, { multipleOf: 17 }] },
      { not: { multipleOf: 4 } },
    ],
  }),
  "multiples under patterns of names": () => ({
    type: "object",
    patternProperties: {
      x: { allOf: [{ multipleOf: 5.25 }, { multipleOf: 17 }, { multipleOf: 7.5 }] },
      y: { not: { anyOf: [3, 4.5, 7, 13, 29].map((multipleOf) => ({ multipleOf })) } },
      z: { exclusiveMinimum: -50000 },
    },
    required: ["xyz1"],
  }),
  "40 opposites of multiples": () => ({
    type: "number",
    allOf: PRIMES.slice(0, 40).map((multipleOf) => ({ not: { multipleOf } })),
  }),
  "100 fields of multiples and bounds": () => ({
    type: "object",
    properties: members(100, (at) => ({ type: "number", multipleOf: PRIMES[at % 60], minimum: -(10 ** 9) - at })),
  }),
  "oneOf of 30 multiples": () => ({ oneOf: PRIMES.slice(0, 30).map((multipleOf) => ({ multipleOf })) }),
  "100,000 strings": () => ({ enum: words(100_000) }),
  "100,000 random strings": () => ({ enum: noise(100_000, 24) }),
  "100,000 strings in a field": () => ({ type: "object", properties: { city: { enum: words(100_000) } } }),
  "17,000 strings with a length": () => ({ type: "string", enum: words(17_000), minLength: 5, maxLength: 9 }),
  "17,000 strings and 17,000 that they are not": () => ({
    enum: words(17_000),
    not: { enum: words(34_000).slice(8_500) },
  }),
  "20,000 constants in anyOf": () => ({ anyOf: words(20_000).map((word) => ({ const: word })) }),
  "20,000 constants in oneOf": () => ({ oneOf: words(20_000).map((word) => ({ const: word })) }),
  "20,000 integers": () => ({ enum: Array.from({ length: 20_000 }, (_, at) => at * 7919) }),
  "20,000 objects": () => ({ enum: Array.from({ length: 20_000 }, (_, at) => ({ id: at, name: `n${at}` })) }),
  "a pattern of 20,000 words": () => ({ type: "string", pattern: `^(${words(20_000).join("|")})$` }),
  "20,000 optional properties": () => ({ type: "object", properties: members(20_000, () => ({ type: "integer" })) }),
  "20,000 required properties": () => {
    const properties = members(20_000, () => ({ type: "integer" }));
    return { type: "object", properties, required: Object.keys(properties) };
  },
  "70,000 optional properties": () => ({ type: "object", properties: members(70_000, () => ({ type: "integer" })) }),
  "500 optional properties of which 250 must come": () => ({
    type: "object",
    properties: members(500, () => ({})),
    minProperties: 250,
  }),
  "a schema of 5 MB": () => ({
    type: "object",
    properties: members(5_000, (at) => ({ type: "string", description: "long words ".repeat(80), maxLength: at + 1 })),
    additionalProperties: false,
  }),
  "a schema of 5 MB in objects": () => ({
    type: "object",
    properties: members(2_000, () => ({
      type: "object",
      properties: members(40, () => ({ type: "string", title: "some words about it" })),
      required: ["m0", "m1"],
    })),
  }),
  "2,000 levels of arrays": () => nested(2_000, (inner) => ({ type: "array", items: inner })),
  "2,000 levels of objects": () => nested(2_000, (inner) => ({ type: "object", properties: { a: inner } })),
  "2,000 levels of allOf": () => nested(2_000, (inner) => ({ allOf: [inner] })),
  "15 levels of two ways each": () =>
    nested(15, (inner) => ({
      anyOf: [
        { type: "object", properties: { a: inner } },
        { type: "array", items: inner },
      ],
    })),
  "20,000 references in a row": () => ({
    $ref: "#/$defs/m0",
    $defs: members(20_000, (at) => (at === 19_999 ? { type: "string" } : { $ref: `#/$defs/m${at + 1}` })),
  }),
  "20,000 references from fields": () => ({
    type: "object",
    properties: members(2_000, (at) => ({ $ref: `#/$defs/m${at % 50}` })),
    $defs: members(50, (at) => ({ type: "array", items: { $ref: `#/$defs/m${(at + 1) % 50}` } })),
  }),
  "references that double": () => ({
    $ref: "#/$defs/m0",
    $defs: members(40, (at) =>
      at === 39
        ? { type: "string" }
        : { anyOf: [{ $ref: `#/$defs/m${at + 1}` }, { allOf: [{ $ref: `#/$defs/m${at + 1}` }] }] },
    ),
  }),
  "14 oneOf of required names": () => ({
    type: "object",
    properties: members(28, () => ({ type: "string" })),
    allOf: Array.from({ length: 14 }, (_, at) => ({
      oneOf: [{ required: [`m${2 * at}`] }, { required: [`m${2 * at + 1}`] }],
    })),
  }),
  "12 if and else": () => ({
    type: "object",
    properties: members(24, () => ({ type: "integer" })),
    allOf: Array.from({ length: 12 }, (_, at) => ({
      if: { properties: { [`m${at}`]: { const: at } } },
      // biome-ignore lint/suspicious/noThenProperty: the keyword
      then: { required: [`m${at + 12}`] },
      else: { properties: { [`m${at + 12}`]: { minimum: at } } },
    })),
  }),
  "300 patterns": () => ({
    type: "object",
    properties: members(300, (at) => ({ type: "string", pattern: `(a|b)*a(a|b){${8 + (at % 5)}}${at}` })),
  }),
  "patterns that must and must not match": () => ({
    type: "string",
    allOf: [8, 9, 10, 11].map((count) => ({ pattern: `a.{${count}}b` })),
    not: { anyOf: [5, 6, 7].map((count) => ({ pattern: `c.{${count}}d` })) },
  }),
  "60 patterns with lengths": () => ({
    type: "object",
    properties: members(60, (at) => ({ type: "string", pattern: `^[\\p{L}${at}]+$`, maxLength: 900 + at })),
  }),
  "8 patterns of names": () => ({
    type: "object",
    patternProperties: members(
      8,
      (at) => ({ type: "array", maxItems: at }),
      (at) => `[a-z]{${at}}${at}.*x`,
    ),
    additionalProperties: { type: "null" },
  }),
  "names that some member must not have": () => ({
    type: "object",
    properties: members(30, () => ({ type: "integer" })),
    allOf: Array.from({ length: 12 }, (_, at) => ({ not: { propertyNames: { pattern: `^.{${at}}` } } })),
    additionalProperties: true,
  }),
  "some member is none of the properties": () => ({
    type: "object",
    properties: members(30, () => ({ type: "integer" })),
    allOf: Array.from({ length: 6 }, (_, at) => ({ not: { additionalProperties: { minimum: at } } })),
  }),
  "contains four kinds": () => ({
    type: "array",
    allOf: [2, 3, 5, 7].map((multipleOf) => ({
      contains: { type: "integer", multipleOf },
      minContains: 5,
      maxContains: 7,
    })),
    maxItems: 40,
  }),
  "lists of a million": () => ({
    type: "array",
    minItems: 1_000_000,
    items: { type: "string", minLength: 1_000_000, maxLength: 2_000_000 },
  }),
  "a tuple of 20,000": () => ({
    type: "array",
    prefixItems: Array.from({ length: 20_000 }, (_, at) => ({ const: `e${at}` })),
    items: false,
  }),
  "constants of a megabyte": () => ({ enum: ["a", "b"].map((char) => char.repeat(1_000_000)) }),
  "dependentSchemas of each on each": () => ({
    type: "object",
    properties: members(20, () => ({})),
    dependentSchemas: members(20, (at) => ({
      properties: { [`m${(at + 1) % 20}`]: { type: "integer" } },
      required: [`m${(at + 7) % 20}`],
    })),
  }),
  "unevaluatedProperties after five anyOf": () => ({
    type: "object",
    allOf: Array.from({ length: 5 }, (_, way) => ({
      anyOf: Array.from({ length: 5 }, (_unused, at) => ({ properties: { [`p${way}${at}`]: { type: "integer" } } })),
    })),
    unevaluatedProperties: false,
  }),
};

const PRIMES = Array.from({ length: 400 }, (_, at) => at + 2).filter((one) =>
  Array.from({ length: one - 2 }, (_, at) => at + 2).every((divisor) => one % divisor !== 0),
);

function members<Value>(
  count: number,
  make: (at: number) => Value,
  nameOf: (at: number) => string = (at) => `m${at}`,
): Record<string, Value> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [nameOf(at), make(at)]));
}

function nested(levels: number, around: (inner: unknown) => unknown): unknown {
  let schema: unknown = { type: "string" };
  for (let level = 0; level < levels; level++) schema = around(schema);
  return schema;
}

const SYLLABLES = ["ba", "den", "stein", "feld", "ober", "nieder", "wald", "hausen", "burg", "bach", "münster", "au"];

/** Different words as names of places are: they share their beginnings and their ends. */
export function words(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    let word = "";
    for (let left = at + 1; left > 0; left = Math.floor(left / SYLLABLES.length))
      word += SYLLABLES[left % SYLLABLES.length];
    return word[0]!.toUpperCase() + word.slice(1);
  }).map((word, at, all) => (all.indexOf(word, Math.max(0, at - 1)) === at ? word : `${word} ${at}`));
}

/** Words that share nothing: letters by a linear congruential generator. */
function noise(count: number, length: number): string[] {
  let state = 1;
  const letter = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return String.fromCharCode(97 + ((state >> 16) % 26));
  };
  return Array.from({ length: count }, () => Array.from({ length }, letter).join(""));
}
