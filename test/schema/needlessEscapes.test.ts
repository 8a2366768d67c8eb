import fc from "fast-check";
import { getLlama, type Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openGrammar, openVocabulary } from "../../src/grammar/masks/index.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { accepts, randomFrom, sampleText } from "../grammar/grammarTexts.js";
import { openByteVocabulary } from "../grammar/masks/byteVocabulary.js";
import { bytesOf, walkMasks } from "../grammar/masks/maskWalk.js";

/** Printable ASCII that needs no escape. */
const PLAIN = /^[ !#-[\]-~]$/;
const SHORT = new Map([...'"\\/'].map((char) => [char, `\\${char}`])).set("\n", "\\n").set("\t", "\\t");

/** A character as itself or as one of JSON's escapes, and whether that escape is needless. */
function spelling(char: string, random: () => number): { readonly text: string; readonly isNeedless: boolean } {
  const asItself = JSON.stringify(char).slice(1, -1);
  if (random() < 0.6) return { text: asItself, isNeedless: false };
  const short = SHORT.get(char);
  const units = char.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const long = (random() < 0.5 ? units : units.map((unit) => unit.toUpperCase())).map((unit) => `\\u${unit}`).join("");
  return { text: short !== undefined && random() < 0.5 ? short : long, isNeedless: PLAIN.test(char) };
}

const atom = fc.constantFrom(
  ..."M A [A-Z] \\d \\w . [^a] / [/é] [\\x20-~] [!-#] [\\\\-a] é [é-ü] 😀 \\n [\\0-\\x1f] [\\x7f-\\x80] \\\\ \\s".split(
    " ",
  ),
  '"',
);
const quantifier = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,3}");
const pattern = fc
  .array(
    fc.tuple(atom, quantifier).map(([one, many]) => one + many),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => `^${parts.join("")}$`);
/** Schemas of one string, and of an object with one name that no schema lists. */
const form = fc.oneof(
  { weight: 6, arbitrary: pattern.map((source) => ({ isName: false, schema: { type: "string", pattern: source } })) },
  {
    weight: 2,
    arbitrary: pattern.map((source) => ({
      isName: true,
      schema: {
        type: "object",
        patternProperties: { [source]: { const: 1 } },
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
    })),
  },
  fc.constantFrom({ type: "string" }, { type: "string", minLength: 1, maxLength: 30 }, {}).map((schema) => ({
    isName: false,
    schema,
  })),
);

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
});
afterAll(() => llama.dispose());

async function enginesOf({ ir, gbnf, tables }: CompiledSchema): Promise<(text: string) => readonly boolean[]> {
  const masks = openGrammar(tables, openByteVocabulary());
  const llamas = (await llama.createGrammar({ grammar: gbnf })) as unknown as { _testText(text: string): boolean };
  return (text) => {
    const bytes = Int32Array.from(Buffer.from(text));
    const isWhole = masks.replay(bytes, new Float64Array(bytes.length)) === -1;
    return [isWhole, llamas._testText(text), accepts(ir, text)];
  };
}

describe("a string that a grammar holds", () => {
  test("is taken by both engines in every spelling of JSON but with an escape of what needs none", async () => {
    let [needless, others] = [0, 0];
    await fc.assert(
      fc.asyncProperty(form, fc.integer(), async ({ schema, isName }, seed) => {
        const compiled = compileSchema(schema, { reading: "full" });
        const verdicts = await enginesOf(compiled);
        const random = randomFrom(seed);
        for (let count = 0; count < 8; count++) {
          const sample: unknown = JSON.parse(sampleText(compiled.ir, random));
          const value = isName ? Object.keys(sample as object)[0]! : sample;
          if (typeof value !== "string") continue;
          const characters = [...value].map((char) => spelling(char, random));
          const written = `"${characters.map(({ text }) => text).join("")}"`;
          const isRight = characters.every(({ isNeedless }) => !isNeedless);
          if (isRight) others++;
          else needless++;
          const text = isName ? `{${written}: 1}` : written;
          expect([schema, text, verdicts(text)]).toEqual([schema, text, [isRight, isRight, isRight]]);
        }
      }),
      { numRuns: 150 },
    );
    expect(Math.min(needless, others)).toBeGreaterThan(150);
  });

  test("is never led to such an escape, nor by any token to where nothing may follow", () => {
    const pieces = [
      "\\",
      "\\u",
      "\\u0",
      "\\u00",
      "\\u002",
      "\\u004",
      "\\u004d",
      "\\u005",
      "\\u00e",
      "\\/",
      "\\n",
      "u00",
      "D8",
    ];
    const tokens = [
      ...Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)),
      ...Array.from({ length: 10 }, () => pieces.map((piece) => Buffer.from(piece))).flat(),
    ];
    const offsets = [0];
    for (const token of tokens) offsets.push(offsets.at(-1)! + token.length);
    const vocabulary = {
      bytes: Buffer.concat(tokens),
      offsets: Uint32Array.from([...offsets, offsets.at(-1)!]),
      endTokens: Uint32Array.of(tokens.length),
    };
    const opened = openVocabulary(vocabulary);
    const closing = [0x22, 0x7d];
    let escapes = 0;
    fc.assert(
      fc.property(form, fc.integer(), ({ schema }, seed) => {
        const compiled = compileSchema(schema, { reading: "full" });
        const grammar = openGrammar(compiled.tables, opened);
        const random = randomFrom(seed);
        for (let count = 0; count < 6; count++) {
          const walk = walkMasks(grammar.matcher(), random, { vocabulary, closing, patience: 20, most: 120 });
          if (!walk.isEnded) continue;
          const text = bytesOf(vocabulary, walk.tokens).toString();
          for (const [one] of text.matchAll(/\\(?:u[\da-f]{4}|.)/gi)) {
            if (/^\\u(?:d[89ab]|d[c-f])/i.test(one)) continue;
            escapes++;
            const isNeedless = PLAIN.test(JSON.parse(`"${one}"`) as string);
            expect([schema, text, one, isNeedless]).toEqual([schema, text, one, false]);
          }
        }
      }),
      { numRuns: 100 },
    );
    expect(escapes).toBeGreaterThan(100);
  });

  test("that the schema gives is written without one, as a value and as a name", async () => {
    const verdicts = await enginesOf(
      compileSchema({ type: "object", properties: { "a/é": { const: "M/é" } }, required: ["a/é"] }),
    );
    for (const name of ['"a/é"', '"a/\\u00e9"', '"\\u0061/é"', '"a\\/é"'])
      for (const value of ['"M/é"', '"M/\\u00e9"', '"\\u004d/é"', '"M\\/é"']) {
        const isRight = !/\\(?:\/|u006|u004)/.test(name + value);
        const text = `{${name}: ${value}}`;
        expect([text, verdicts(text)]).toEqual([text, [isRight, isRight, isRight]]);
      }
  });
});
