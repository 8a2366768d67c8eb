import { Ajv2020 } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";
import fc from "fast-check";
import { getLlama, type Llama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.js";
import { JSON_STYLES, type JsonStyle } from "../../src/jsonStyle.js";
import { type CompiledSchema, compileSchema } from "../../src/schema/index.js";
import { accepts, randomFrom, sampleText, spacedJson } from "../grammar/grammarTexts.js";
import { FORMATS, instances, numbers, type Schema, schemas } from "./randomSchemas.js";

let llama: Llama;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
});
afterAll(() => llama.dispose());

/** llama.cpp compares all ways in which a text may go on with each other at each character and can't be stopped, so it is
 *  asked only where they are few. */
const MOST_WAYS = 500;

/** A judge of its own, with every format that Ajv knows. */
function judge(schema: Schema): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, logger: false, meta: false, validateSchema: false });
  formatsPlugin.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => validate(value) as boolean;
}

/** What llama.cpp itself says of a whole text; null where asking it might take minutes. */
async function llamaVerdict({ ir, gbnf }: CompiledSchema): Promise<(text: string) => boolean | null> {
  const grammar = await llama.createGrammar({ grammar: gbnf });
  return (text) => {
    let most = 0;
    accepts(ir, text, (ways) => {
      most = Math.max(most, ways);
    });
    if (most > MOST_WAYS) return null;
    return (grammar as unknown as { _testText(text: string): boolean })._testText(text);
  };
}

/** null where a random schema contradicts itself or asks for what is refused. */
function tryCompile(schema: Schema, style: JsonStyle): CompiledSchema | null {
  try {
    return compileSchema(schema, { style, reading: "full" });
  } catch (error) {
    if (error instanceof InputError && error.code !== "ROWMILL_INVALID_SCHEMA") return null;
    throw error;
  }
}

describe("a schema's grammar", () => {
  test("writes nothing that Ajv refuses, in any style, and llama.cpp reads the same grammar", async () => {
    const style = fc.constantFrom(...JSON_STYLES);
    let [runs, compiledCount, askedCount] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(schemas, style, fc.integer(), async (schema, chosen, seed) => {
        runs++;
        const compiled = tryCompile(schema, chosen);
        if (compiled === null) return;
        compiledCount++;
        const isValid = judge(schema);
        const isLlamas = await llamaVerdict(compiled);
        const random = randomFrom(seed);
        for (let count = 0; count < 12; count++) {
          const text = sampleText(compiled.ir, random);
          expect([text, isValid(JSON.parse(text))]).toEqual([text, true]);
          const verdict = isLlamas(text);
          if (verdict !== null) askedCount++;
          expect([text, verdict ?? true]).toEqual([text, true]);
        }
      }),
      { numRuns: 60 },
    );
    expect(compiledCount).toBeGreaterThan(runs / 2);
    expect(askedCount).toBeGreaterThan(compiledCount * 6);
  });

  test("accepts the valid values of random schemas, and refuses the others", async () => {
    const pairs = schemas.chain((schema) =>
      fc.record({ schema: fc.constant(schema), values: fc.array(instances(schema), { minLength: 6, maxLength: 10 }) }),
    );
    let [runs, validCount] = [0, 0];
    await fc.assert(
      fc.asyncProperty(pairs, async ({ schema, values }) => {
        const compiled = tryCompile(schema, "spaced");
        fc.pre(compiled !== null);
        runs++;
        const isValid = judge(schema);
        const isLlamas = await llamaVerdict(compiled);
        for (const value of values) {
          const text = spacedJson(value);
          const isAccepted = isValid(value);
          if (isAccepted) validCount++;
          expect([text, accepts(compiled.ir, text)]).toEqual([text, isAccepted]);
          expect([text, isLlamas(text) ?? isAccepted]).toEqual([text, isAccepted]);
        }
      }),
      { numRuns: 60 },
    );
    expect(validCount).toBeGreaterThan(runs);
  });

  test("keeps every number within its bounds, also where doubles round", () => {
    fc.assert(
      fc.property(numbers, fc.integer(), (schema, seed) => {
        const compiled = tryCompile(schema, "spaced");
        if (compiled === null) return;
        const isValid = judge(schema);
        const random = randomFrom(seed);
        for (let count = 0; count < 20; count++) {
          const text = sampleText(compiled.ir, random);
          expect([text, isValid(JSON.parse(text))]).toEqual([text, true]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each(FORMATS)("writes only strings of the format %s", (format) => {
    const schema = { type: "string", format };
    const compiled = compileSchema(schema);
    const isValid = judge(schema);
    const random = randomFrom(7);
    for (let count = 0; count < 150; count++) {
      const text = sampleText(compiled.ir, random);
      expect([text, isValid(JSON.parse(text))]).toEqual([text, true]);
    }
  });
});
