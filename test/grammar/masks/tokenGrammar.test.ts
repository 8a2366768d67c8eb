import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadAddon } from "../../../src/addon.js";
import { openGrammar, openVocabulary, type TokenMatcher } from "../../../src/grammar/masks/index.js";
import { type CompiledSchema, compileSchema } from "../../../src/schema/index.js";
import { canTest } from "../../wanted.js";

const hasAddon = canTest("addon", loadAddon().native !== null, `tests of the native grammar (${loadAddon().reason})`);

const END = 256;
const PIECES = [
  '{"',
  '":',
  '", "',
  "name",
  "tags",
  '": "',
  "true",
  "123",
  "ab",
  "abc",
  ' "',
  "},",
  "é",
  '\\"',
  "null",
  "]",
];
const words = PIECES.map((piece) => Buffer.from(piece));
/** Token b is the byte b, 256 ends the text, longer pieces follow; they overlap, so a text has many spellings. */
const spelt = [...Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)), Buffer.alloc(0), ...words];
const vocabularyBytes = {
  bytes: new Uint8Array(Buffer.concat(spelt)),
  offsets: Uint32Array.from([0, ...spelt.map((_, index) => Buffer.concat(spelt.slice(0, index + 1)).length)]),
  endTokens: Uint32Array.of(END),
};

function open(schema: object) {
  const compiled = compileSchema(schema);
  return { compiled, grammar: openGrammar(compiled.tables, openVocabulary(vocabularyBytes)) };
}

function allowedTokens(matcher: TokenMatcher): number[] {
  const mask = matcher.mask();
  return spelt.flatMap((_, token) => ((mask[token >> 5]! >>> (token & 31)) & 1 ? [token] : []));
}

/** The longest piece first, as a tokenizer would. */
function tokenize(text: string | Uint8Array): Uint32Array {
  const bytes = Buffer.from(text);
  const tokens: number[] = [];
  for (let at = 0; at < bytes.length; at += spelt[tokens.at(-1)!]!.length) {
    const fits = spelt.flatMap((piece, token) =>
      piece.length > 0 && bytes.subarray(at, at + piece.length).equals(piece) ? [token] : [],
    );
    tokens.push(fits.reduce((best, token) => (spelt[token]!.length > spelt[best]!.length ? token : best)));
  }
  return Uint32Array.from(tokens);
}

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 8 },
    age: { type: "integer", minimum: 0, maximum: 120 },
    tags: { type: "array", items: { enum: ["ab", "abc", "é"] }, maxItems: 3 },
    more: {
      anyOf: [{ type: "null" }, { type: "object", additionalProperties: { type: "boolean" }, maxProperties: 2 }],
    },
  },
  required: ["name", "age"],
};

/** Follows random allowed tokens to an end; prefers the end as the text grows. */
function randomText(matcher: TokenMatcher, pick: (count: number) => number): string {
  const parts: Buffer[] = [];
  while (parts.length < 400) {
    const allowed = allowedTokens(matcher);
    expect(allowed).not.toHaveLength(0);
    // a text that goes on for long closes its string or object as soon as it may
    const closing = allowed.filter(
      (token) => token === END || (parts.length > 40 && /^["}\]]$/.test(`${spelt[token]}`)),
    );
    const from = closing.length > 0 ? closing : allowed;
    const token = from[pick(from.length)]!;
    expect(matcher.accept(token)).toBe(true);
    if (token === END) return Buffer.concat(parts).toString();
    parts.push(spelt[token]!);
  }
  return Buffer.concat(parts).toString();
}

describe.skipIf(!hasAddon)("a token grammar", () => {
  it("lets random walks end only in documents that the schema takes", () => {
    const { compiled, grammar } = open(SCHEMA);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const matcher = grammar.matcher();
        const text = randomText(matcher, (count) => numbers.next().value! % count);
        if (!matcher.isAccepting && matcher.depth >= 400) return;
        expect(compiled.validate(JSON.parse(text))).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it("takes every spelling of a document in tokens, and tells where one that it refuses goes wrong", () => {
    const { grammar } = open(SCHEMA);
    const replay = (text: string) => {
      const tokens = Int32Array.from(tokenize(text));
      const nanoseconds = new Float64Array(tokens.length).fill(-1);
      const end = grammar.replay(tokens, nanoseconds);
      const read = end === -1 ? tokens.length : Math.min(end + 1, tokens.length);
      expect([...nanoseconds].map((time) => time >= 0)).toEqual([...tokens].map((_, index) => index < read));
      return end < 0 || end === tokens.length
        ? end
        : Buffer.concat([...tokens.subarray(0, end)].map((token) => spelt[token]!)).toString();
    };
    expect(replay('{"name": "é\\"", "age": 12, "tags": ["abc", "é"]}')).toBe(-1);
    expect(replay('{"name": "ab", "age": 120')).toBe(tokenize('{"name": "ab", "age": 120').length);
    expect(replay('{"name": "ab", "age": 121}')).toBe('{"name": "ab", "age": 12');
    expect(replay('{"name": "", "age": 1}')).toBe('{"name": "');
  });

  it("goes back, and forks into ways that don't know each other", () => {
    const { grammar } = open({ enum: ["ab", "abc", 123, true, null] });
    const matcher = grammar.matcher();
    const start = matcher.mask();
    for (const token of tokenize('"abc')) expect(matcher.accept(token)).toBe(true);
    const fork = matcher.fork();
    expect([matcher.accept(34), matcher.mustEnd, fork.mustEnd, fork.depth]).toEqual([true, true, false, 2]);
    matcher.rollback(3);
    expect(matcher.mask()).toEqual(start);
    expect(() => matcher.rollback(1)).toThrow(/ROWMILL|take back more/);
    expect(fork.accept(34)).toBe(true);
  });

  it("forces what is the same in all documents, as the tokenizer writes it", () => {
    const { grammar } = open(SCHEMA);
    const matcher = grammar.matcher();
    expect(Buffer.from(matcher.forcedBytes()).toString()).toBe('{"name": "');
    // `": "` stays with the model: a name may begin with a colon, and `":` is a token as well
    const forced = matcher.forcedTokens(tokenize);
    expect([...forced]).toEqual([...tokenize('{"name')]);
    for (const token of forced) expect(matcher.accept(token)).toBe(true);
    expect(matcher.forcedTokens(tokenize)).toHaveLength(0);
    const whole = open({ const: { name: "abc", tags: [true] } }).grammar.matcher();
    expect([...whole.forcedTokens(tokenize)]).toEqual([...tokenize('{"name": "abc", "tags": [true]}')]);
  });

  it("doesn't force a token that the tokenizer would write otherwise before some of what may follow", () => {
    const { grammar } = open({ enum: ["ab", "abc"] });
    const matcher = grammar.matcher();
    expect(Buffer.from(matcher.forcedBytes()).toString()).toBe('"ab');
    const forced = [...matcher.forcedTokens(tokenize)];
    expect(forced).toEqual([34]);
  });

  it("lets an error of the tokenizer through, and the tokenizer use the matcher meanwhile", () => {
    const matcher = open({ const: "abc" }).grammar.matcher();
    const fail = () => {
      throw new TypeError("no tokens today");
    };
    expect(() => matcher.forcedTokens(fail)).toThrow(new TypeError("no tokens today"));
    const busy = (text: Uint8Array) => {
      matcher.accept(34);
      return tokenize(text);
    };
    expect([...matcher.forcedTokens(busy)]).toEqual([...tokenize('"abc"')]);
    expect(matcher.depth).toBe(1);
  });

  it("is one in the process, however often it is opened", () => {
    const schema = { type: "object", properties: { shared: { type: "string", maxLength: 77 } }, required: ["shared"] };
    const compiled: CompiledSchema = compileSchema(schema);
    const vocabulary = openVocabulary(vocabularyBytes);
    const first = openGrammar(compiled.tables, vocabulary);
    const second = openGrammar(compiled.tables.slice(), openVocabulary(vocabularyBytes));
    first.matcher().mask();
    expect(second.stats()).toEqual(first.stats());
    const { masks } = first.stats();
    const matcher = second.matcher();
    matcher.accept(123);
    matcher.mask();
    expect(first.stats().masks).toBe(masks + 1);
  });

  it("refuses what is no grammar, no vocabulary or no argument, and keeps working", () => {
    const vocabulary = openVocabulary(vocabularyBytes);
    const { tables } = compileSchema({ const: 1 });
    expect(() => openGrammar(tables.subarray(0, 5), vocabulary)).toThrow(
      expect.objectContaining({
        code: "ROWMILL_BAD_GRAMMAR",
        message: expect.stringMatching(/^The grammar can't be used: .*\.$/),
      }),
    );
    expect(() => openVocabulary({ ...vocabularyBytes, endTokens: Uint32Array.of(9999) })).toThrow(
      expect.objectContaining({ code: "ROWMILL_BAD_VOCABULARY" }),
    );
    const native = loadAddon().native!;
    // biome-ignore lint/suspicious/noExplicitAny: what TypeScript would not let through
    const loose = native as any;
    expect(() => new loose.TokenGrammar(tables, {}, 1)).toThrow(TypeError);
    expect(() => new loose.TokenGrammar([1, 2], vocabulary.native, 1)).toThrow(TypeError);
    expect(() => new loose.TokenGrammar(tables, vocabulary.native, -1)).toThrow(TypeError);
    expect(() => new loose.TokenMatcher(vocabulary.native)).toThrow(TypeError);
    expect(() => new loose.TokenVocabulary()).toThrow(TypeError);
    const grammar = openGrammar(tables, vocabulary);
    const matcher = grammar.matcher();
    expect(() => matcher.mask(new Uint32Array(2))).toThrow(RangeError);
    expect(() => matcher.accept(-1)).toThrow(TypeError);
    expect(() => grammar.replay(new Int32Array(3), new Float64Array(2))).toThrow(RangeError);
    expect(matcher.accept(9999)).toBe(false);
    expect(matcher.accept(49)).toBe(true);
    expect(matcher.isAccepting).toBe(true);
  });
});
