import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTokenizer, type Tokenizer } from "../../bench/schema/tokenizer.js";
import { InputError } from "../../src/errors.js";
import { openGrammar, openVocabulary, type Vocabulary } from "../../src/grammar/masks/index.js";
import { JSON_STYLES, type JsonStyle } from "../../src/jsonStyle.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { accepts, randomFrom, sampleText, spacedJson } from "../grammar/grammarTexts.js";
import { allowedTokens, anyAllowed, bytesOf, closingTokens, walkMasks } from "../grammar/masks/maskWalk.js";
import { ajvJudge } from "./ajvJudge.js";
import { anySchemas } from "./hardSchemas.js";
import type { Schema } from "./randomSchemas.js";

const fileAt = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const STARTER = fileAt("models/starter/starter.gguf");
/** 152 k tokens; the bench takes it out of node-llama-cpp's copy of llama.cpp. */
const LARGE = fileAt("node_modules/.cache/rowmill-bench/qwen2.gguf");

interface Opened extends Tokenizer {
  readonly opened: Vocabulary;
  readonly closing: readonly number[];
}
let starter: Opened;
beforeAll(async () => {
  starter = await open(STARTER);
});
afterAll(() => starter.close());

async function open(path: string): Promise<Opened> {
  const tokenizer = await openTokenizer(path);
  const { vocabulary } = tokenizer;
  return { ...tokenizer, opened: openVocabulary(vocabulary), closing: closingTokens(vocabulary) };
}

/** null where a random schema contradicts itself or asks for what is refused. */
function tryCompile(schema: Schema, style: JsonStyle = "spaced"): CompiledSchema | null {
  try {
    return compileSchema(schema, { style, reading: "full" });
  } catch (error) {
    if (error instanceof InputError && error.code !== "ROWMILL_INVALID_SCHEMA") return null;
    throw error;
  }
}

const styles = fc.constantFrom(...JSON_STYLES);

/** Walks through the masks of random schemas' grammars; gives how many ended. */
function walkRandomSchemas(
  { vocabulary, opened, closing }: Opened,
  numRuns: number,
  walks: number,
): { ended: number; all: number } {
  let [ended, all] = [0, 0];
  fc.assert(
    fc.property(anySchemas, styles, fc.integer(), (schema, style, seed) => {
      const compiled = tryCompile(schema, style);
      if (compiled === null) return;
      const grammar = openGrammar(compiled.tables, opened);
      const isValid = ajvJudge(schema);
      const random = randomFrom(seed);
      for (let count = 0; count < walks; count++) {
        const patience = Math.floor(random() * 25);
        const { tokens, isEnded } = walkMasks(grammar.matcher(), random, { vocabulary, closing, patience, most: 200 });
        all++;
        if (!isEnded) continue;
        ended++;
        const text = new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(vocabulary, tokens));
        const value: unknown = JSON.parse(text);
        // of a key that stands twice JSON.parse takes the last, so a grammar can't promise a number of properties
        if (repeatsKey(text, value)) continue;
        if (compiled.checked.length === 0) expect([text, isValid(value)]).toEqual([text, true]);
      }
    }),
    { numRuns },
  );
  return { ended, all };
}

describe("the masks of a schema's grammar", () => {
  test("lead to documents that Ajv accepts, whichever tokens are chosen", () => {
    const { ended, all } = walkRandomSchemas(starter, 80, 8);
    expect(ended).toBeGreaterThan(all * 0.7);
  });

  test("lead to documents that Ajv accepts with 152 k tokens", async (context) => {
    if (!existsSync(LARGE)) context.skip("npm run bench:schema makes that vocabulary");
    const large = await open(LARGE);
    try {
      const { ended, all } = walkRandomSchemas(large, 12, 2);
      expect(ended).toBeGreaterThan(all * 0.5);
    } finally {
      await large.close();
    }
  });

  test("let each valid value through token by token, and no other to its end", () => {
    let [validCount, invalidCount] = [0, 0];
    fc.assert(
      fc.property(anySchemas, fc.integer(), (schema, seed) => {
        const compiled = tryCompile(schema);
        if (compiled === null) return;
        const grammar = openGrammar(compiled.tables, starter.opened);
        const isValid = ajvJudge(schema);
        const isAccepted = (text: string) => {
          const tokens = Int32Array.from(starter.tokenize(text));
          return grammar.replay(tokens, new Float64Array(tokens.length)) === -1;
        };
        const random = randomFrom(seed);
        for (let count = 0; count < 8; count++) {
          const value = changed(JSON.parse(sampleText(compiled.ir, random, 25)), random);
          const written = spacedJson(value);
          // JavaScript writes numbers of more than 21 digits, and of very many behind the point, with an exponent
          if (/\de[+-]/.test(written)) continue;
          // and moves names that look like integers to the front, before those that the schema lists
          if (/"\d+": /.test(written)) continue;
          if (isValid(value)) {
            validCount++;
            expect([written, inSomeOrder(value, isAccepted)]).toEqual([written, true]);
          } else {
            invalidCount++;
            if (compiled.checked.length === 0) expect([written, isAccepted(written)]).toEqual([written, false]);
          }
        }
      }),
      { numRuns: 120 },
    );
    expect(Math.min(validCount, invalidCount)).toBeGreaterThan(100);
  });

  test("allow of a small vocabulary what a plain reading of the grammar can go on with", () => {
    const pieces = [
      ...'{}[]:,0123456789.-eabxyké "',
      "\\n",
      '\\"',
      "\\u0061",
      "\\u00e9",
      "\\u0022",
      "\\/",
      '{"',
      '": ',
      ", ",
      '"}',
      '"a',
      "kind",
      "true",
      "null",
      "12",
      '": "',
    ];
    const bytes = pieces.map((piece) => Buffer.from(piece));
    const offsets = Uint32Array.from([0, ...bytes.map((_, at) => Buffer.concat(bytes.slice(0, at + 1)).length)]);
    // the end token stands last and has no bytes
    const vocabulary = {
      bytes: Buffer.concat(bytes),
      offsets: Uint32Array.from([...offsets, offsets.at(-1)!]),
      endTokens: Uint32Array.of(pieces.length),
    };
    const opened = openVocabulary(vocabulary);
    let compared = 0;
    fc.assert(
      fc.property(anySchemas, fc.integer(), (schema, seed) => {
        const compiled = tryCompile(schema);
        if (compiled === null) return;
        const matcher = openGrammar(compiled.tables, opened).matcher();
        const random = randomFrom(seed);
        let written = "";
        for (let step = 0; step < 12; step++) {
          const allowed = allowedTokens(matcher.mask());
          const expected = pieces.flatMap((piece, token) => (canGoOn(compiled, written + piece) ? [token] : []));
          if (accepts(compiled.ir, written)) expected.push(pieces.length);
          expect([written, allowed]).toEqual([written, expected]);
          compared += pieces.length;
          const inner = allowed.filter((token) => token < pieces.length);
          if (inner.length === 0) return;
          const token = inner[Math.floor(random() * inner.length)]!;
          matcher.accept(token);
          written += pieces[token];
        }
      }),
      { numRuns: 40 },
    );
    expect(compared).toBeGreaterThan(2_000);
  });

  test("are the same again after tokens were taken back, and on another way to the same text", () => {
    const { vocabulary, opened, closing, tokenize } = starter;
    const single = new Map<number, number>();
    for (let token = 0; token < opened.size; token++) {
      const text = bytesOf(vocabulary, [token]);
      if (text.length === 1 && !single.has(text[0]!)) single.set(text[0]!, token);
    }
    let [forcedCount, backCount] = [0, 0];
    fc.assert(
      fc.property(anySchemas, fc.integer(), (schema, seed) => {
        const compiled = tryCompile(schema);
        if (compiled === null) return;
        const matcher = openGrammar(compiled.tables, opened).matcher();
        const random = randomFrom(seed);
        for (let step = 0; step < 15; step++) {
          const here = matcher.mask();
          const forced = matcher.forcedTokens((text) => tokenize(Buffer.from(text).toString()));
          const forcedBytes = Buffer.from(matcher.forcedBytes());
          const ahead = matcher.fork();
          for (const token of forced) {
            forcedCount++;
            expect(allowedTokens(ahead.mask())).toContain(token);
            ahead.accept(token);
          }
          const text = bytesOf(vocabulary, forced);
          expect(forcedBytes.subarray(0, text.length)).toEqual(text);
          const byBytes = matcher.fork();
          for (const byte of text) expect(byBytes.accept(single.get(byte)!)).toBe(true);
          expect(byBytes.mask()).toEqual(ahead.mask());
          const { tokens } = walkMasks(ahead, random, { vocabulary, closing, patience: 3, most: 6 });
          const accepted = ahead.depth - matcher.depth;
          backCount += tokens.length;
          ahead.rollback(accepted);
          expect(ahead.mask()).toEqual(here);
          const next = anyAllowed(here, vocabulary.endTokens, random);
          if (next === null) return;
          matcher.accept(next);
        }
      }),
      { numRuns: 40 },
    );
    expect(Math.min(forcedCount, backCount)).toBeGreaterThan(50);
  });
});

/** Whether some text of the grammar begins so. */
function canGoOn({ ir }: CompiledSchema, text: string): boolean {
  let ways = 0;
  accepts(ir, text, (count) => {
    ways = count;
  });
  return ways > 0;
}

function repeatsKey(text: string, value: unknown): boolean {
  const written = text.replace(/"(?:[^"\\]|\\.)*"/g, '"').match(/"\s*:/g)?.length ?? 0;
  return written > countKeys(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, part) => sum + countKeys(part), own);
}

const MOST_ORDERS = 300;

/** Whether a value's text is accepted with its objects' keys in some order: the grammar wants the schema's. */
function inSomeOrder(value: unknown, isAccepted: (text: string) => boolean): boolean {
  let tried = 0;
  for (const ordered of ordersOf(value)) {
    if (isAccepted(spacedJson(ordered))) return true;
    if (++tried === MOST_ORDERS) return false;
  }
  return false;
}

function* ordersOf(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) yield value;
  else if (Array.isArray(value)) yield* productOf(value.map((part) => [...ordersOf(part)]));
  else {
    for (const entries of permutationsOf(Object.entries(value))) {
      const keys = entries.map(([key]) => key);
      for (const parts of productOf(entries.map(([, part]) => [...ordersOf(part)]))) {
        yield Object.fromEntries(keys.map((key, at) => [key, parts[at]]));
      }
    }
  }
}

function* permutationsOf<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length === 0) yield [];
  for (const [at, first] of list.entries()) {
    for (const rest of permutationsOf([...list.slice(0, at), ...list.slice(at + 1)])) yield [first, ...rest];
  }
}

function* productOf(choices: readonly (readonly unknown[])[]): Generator<readonly unknown[]> {
  const [first, ...others] = choices;
  if (first === undefined) yield [];
  else for (const rest of productOf(others)) for (const one of first) yield [one, ...rest];
}

/** A value, or one with something in it left out, replaced or added. */
function changed(value: unknown, random: () => number): unknown {
  if (random() < 0.3) return value;
  if (Array.isArray(value)) {
    const kept = value.filter(() => random() < 0.9).map((part) => changed(part, random));
    return random() < 0.2 ? [...kept, otherValue(random)] : kept;
  }
  if (typeof value === "object" && value !== null) {
    const kept = Object.entries(value).filter(() => random() < 0.85);
    const more =
      random() < 0.25 ? [[["a", "b", "ab", "kind", "zz"][Math.floor(random() * 5)]!, otherValue(random)]] : [];
    return Object.fromEntries([...kept.map(([key, part]) => [key, changed(part, random)]), ...more]);
  }
  return random() < 0.3 ? otherValue(random) : value;
}

function otherValue(random: () => number): unknown {
  const values = [null, true, 0, 1, 7, -2, 0.25, "x", "xy", "", "a", [], [1], {}, { a: 1 }];
  return values[Math.floor(random() * values.length)];
}
