import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getLlama, type Llama, LlamaGrammarEvaluationState, type LlamaModel, type Token } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileSchema } from "../../../src/schema/index.js";

const MODEL = fileURLToPath(new URL("../../../models/starter/starter.gguf", import.meta.url));

let llama: Llama;
let model: LlamaModel;
beforeAll(async () => {
  expect(existsSync(MODEL), "models/starter/starter.gguf is part of the project").toBe(true);
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
  model = await llama.loadModel({ modelPath: MODEL });
});
afterAll(() => llama.dispose());

async function textTest(schema: unknown): Promise<(text: string) => boolean> {
  const grammar = await llama.createGrammar({ grammar: compileSchema(schema).gbnf });
  return (text) => (grammar as unknown as { _testText(text: string): boolean })._testText(text);
}

describe("a grammar in llama.cpp", () => {
  test.each([
    [0, 3],
    [128, 128],
    [3, 500],
    [1999, 2001],
    [0, 17_000],
    [5000, 40_000],
  ])("counts a string from %i to %i characters exactly", async (minLength, maxLength) => {
    const accepts = await textTest({ type: "string", minLength, maxLength });
    const ofLength = (length: number) => accepts(`"${"é".repeat(length)}"`);
    const inside = [minLength, minLength + 1, Math.floor((minLength + maxLength) / 2), maxLength - 1, maxLength];
    for (const length of inside.filter((one) => one >= minLength && one <= maxLength))
      expect([length, ofLength(length)]).toEqual([length, true]);
    if (minLength > 0) expect(ofLength(minLength - 1)).toBe(false);
    expect(ofLength(maxLength + 1)).toBe(false);
  });

  test("counts the elements of a long array exactly", async () => {
    const accepts = await textTest({ type: "array", items: { type: "integer" }, minItems: 1000, maxItems: 3000 });
    const ofLength = (length: number) => accepts(`[${Array(length).fill("7").join(", ")}]`);
    expect([999, 1000, 2999, 3000, 3001].map(ofLength)).toEqual([false, true, true, true, false]);
  });

  test("holds keys and values with quotes, brackets, line ends and characters beyond ASCII", async () => {
    const value = { 'q"[]\\': "zeile\n-]^\u0000\u007f", ключ: "😀é" };
    const accepts = await textTest({ const: value });
    expect(accepts(JSON.stringify(value).replaceAll('":"', '": "').replaceAll('","', '", "'))).toBe(true);
  });
});

describe("what a model writes under a grammar", () => {
  const schemas: readonly [string, unknown][] = [
    [
      "labels",
      {
        type: "object",
        properties: {
          sentiment: { enum: ["positive", "negative", "neutral"] },
          stars: { type: "integer", minimum: 1, maximum: 5 },
        },
        required: ["sentiment", "stars"],
        additionalProperties: false,
      },
    ],
    [
      "bounded texts and numbers",
      {
        type: "object",
        properties: {
          title: { type: "string", minLength: 3, maxLength: 12 },
          price: { type: "number", minimum: 0, exclusiveMaximum: 99.5 },
          on: { type: "string", format: "date" },
          code: { type: "string", pattern: "^[A-Z]{2}-\\d{3}$" },
        },
        required: ["title", "price", "on", "code"],
      },
    ],
    [
      "a union in a list",
      {
        type: "array",
        minItems: 1,
        maxItems: 3,
        items: {
          oneOf: [
            {
              type: "object",
              properties: { k: { const: "a" }, n: { type: "integer", multipleOf: 5, minimum: 0, maximum: 100 } },
              required: ["k", "n"],
            },
            { type: "object", properties: { k: { const: "b" }, t: { type: ["boolean", "null"] } }, required: ["k"] },
          ],
        },
      },
    ],
    [
      "formats",
      {
        type: "object",
        properties: {
          id: { type: "string", format: "uuid" },
          ip: { type: "string", format: "ipv4" },
          at: { type: "string", format: "date-time" },
        },
        required: ["id", "ip", "at"],
      },
    ],
  ];
  test.each(schemas)("is valid every time, however random: %s", async (_, schema) => {
    const compiled = compileSchema(schema);
    const grammar = await llama.createGrammar({ grammar: compiled.gbnf });
    await using context = await model.createContext({ contextSize: 512, sequences: 1, threads: 1 });
    const sequence = context.getSequence();
    const prompt = model.tokenize("Write a record:\n");
    for (let run = 0; run < 12; run++) {
      await sequence.clearHistory();
      const tokens: Token[] = [];
      for await (const token of sequence.evaluate(prompt, {
        temperature: run === 0 ? 0 : 1.5,
        seed: run,
        grammarEvaluationState: new LlamaGrammarEvaluationState({ model, grammar }),
      })) {
        if (model.isEogToken(token) || tokens.length > 400) break;
        tokens.push(token);
      }
      // to llama.cpp's grammar a control token is the characters of its name
      const text = model.detokenize(tokens, true);
      expect([text, compiled.validate(JSON.parse(text))]).toEqual([text, null]);
    }
  });
});
