import { getLlama, type Llama, type LlamaModel, type Token } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  openTokenEngine,
  type TokenEngine,
  type TokenJob,
  type TokenLogprobs,
  type TokenResult,
} from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileOutput } from "../../src/output/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { tickets } from "../rowmill/fixture.js";
import { chatFrame, resultsOf, GREEDY as SHORT } from "./runRows.js";

/** Enough for the longest output here. */
const GREEDY = { ...SHORT, maxTokens: 120 };
const modelPath = embeddedModelPath("starter");
let engine: TokenEngine;
let llama: Llama;
let model: LlamaModel;
/** Each token's text, by its id. */
const pieces: string[] = [];
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
  model = await llama.loadModel({ modelPath });
  for (const token of model.iterateAllTokens())
    pieces.push(model.isSpecialToken(token) ? "" : model.detokenize([token]));
});
afterAll(() => llama.dispose());

const run = (rows: readonly Uint32Array[], job: Partial<TokenJob>, slots = 1): Promise<TokenResult[]> =>
  resultsOf(engine, rows, {
    ...{ plan: { slots, slotTokens: 400 }, ...chatFrame(engine), seedOf: (index: number) => index },
    ...job,
    sampling: { ...GREEDY, ...job.sampling },
  });

const fieldsOf = (schema: unknown) =>
  compileSchema(schema)
    .labelFields()
    .map(({ pathTexts, labels }) => ({ isWhole: false, path: pathTexts, labels }));

/** The output's tokens as texts. */
function textsOf({ tokenLogprobs }: TokenResult): string[] {
  const { bytes, lengths } = tokenLogprobs as TokenLogprobs;
  const ends = lengths.map((_, at) => lengths.subarray(0, at + 1).reduce((sum, length) => sum + length, 0));
  return Array.from(lengths, (length, at) =>
    Buffer.from(bytes).toString("utf8", (ends[at] as number) - length, ends[at]),
  );
}

const promptOf = (row: string): Token[] => {
  const { prefix, suffix } = chatFrame(engine);
  return [...prefix, ...engine.tokenize(row), ...suffix] as Token[];
};

/** What may follow each of the last tokens, with its probability: all evaluated in a context of its own. */
async function follow(tokens: readonly Token[], last: number): Promise<ReadonlyMap<Token, number>[]> {
  await using context = await model.createContext({ contextSize: 400, sequences: 1, threads: 1 });
  const first = tokens.length - last;
  const outputs = await context
    .getSequence()
    .controlledEvaluate(
      tokens.map((token, at) => (at < first ? token : [token, { generateNext: { probabilities: true } }])),
    );
  return outputs.slice(-last).map((output) => output?.next.probabilities ?? new Map());
}

/** The probability of a text behind some tokens: of its usual tokens, and of any token that holds the rest of it and closes
 *  it, at whichever of them. */
async function probabilityOf(
  before: readonly Token[],
  text: string,
  closes: (rest: string) => boolean,
): Promise<number> {
  const tokens = model.tokenize(text, false, "trimLeadingSpace");
  const next = await follow([...before, ...tokens], tokens.length + 1);
  let [way, sum, rest] = [1, 0, text];
  next.forEach((probabilities, at) => {
    for (const [token, probability] of probabilities) {
      const piece = pieces[token] as string;
      if (piece.startsWith(rest) && closes(piece.slice(rest.length))) sum += way * probability;
    }
    const token = tokens[at];
    if (token === undefined) return;
    way *= probabilities.get(token) ?? 0;
    rest = rest.slice((pieces[token] as string).length);
  });
  return sum;
}

const bordersOf = (texts: readonly string[]): number[] =>
  Array.from({ length: texts.length + 1 }, (_, count) => texts.slice(0, count).join("").length);

const closesString = (rest: string) => rest.startsWith('"');
const closesScalar = (rest: string) => rest !== "" && /^\s*([,}\]]|$)/.test(rest);

const GRAMMAR = {
  type: "object",
  properties: {
    mood: { enum: ["good", "goodish", "go", "bad", "bad.", 'so "so"\\', "ünsure 😀"] },
    about: { type: "string", maxLength: 12 },
    place: {
      type: "object",
      properties: { urgent: { type: "boolean" }, rating: { enum: [1, 10, 2, null, "1"] } },
      required: ["urgent", "rating"],
    },
    stars: { type: "integer", minimum: 1, maximum: 12 },
  },
  required: ["mood", "about", "place", "stars"],
};

describe.each(["native", "node-llama-cpp"] as const)("the engine %s", (name) => {
  beforeAll(async () => {
    engine = await openTokenEngine({ engine: name, modelPath, threads: 1, backend: "cpu" });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describe("token log-probabilities", () => {
    it("are those that the model itself gives, of forced tokens too", async () => {
      const [row] = tickets(1) as [string];
      const job = { grammar: compileSchema(GRAMMAR), logprobs: true, tokenLogprobs: true };
      const [result] = (await run([engine.tokenize(row)], job)) as [TokenResult];
      const texts = textsOf(result);
      expect(texts.join("")).toBe(result.text);
      expect(texts).toHaveLength(result.outputTokens);
      const tokens = texts.map((text) => pieces.indexOf(text) as Token);
      const next = await follow([...promptOf(row), ...tokens.slice(0, -1)], tokens.length);
      const logprobs = [...(result.tokenLogprobs as TokenLogprobs).logprobs];
      tokens.forEach((token, at) => {
        // a text read in one go has other rounding than one read in parts
        expect(Math.abs((logprobs[at] as number) - Math.log(next[at]?.get(token) as number))).toBeLessThan(0.15);
      });
      expect(logprobs.reduce((sum, one) => sum + one, 0)).toBeCloseTo(result.cumulativeLogprob as number, 3);
    });

    it("have the bytes of tokens that are half a character", async () => {
      const job = { grammar: compileSchema({ const: "ünïcödé 😀" }), tokenLogprobs: true };
      const [result] = (await run([engine.tokenize("x")], job)) as [TokenResult];
      const { bytes, lengths, logprobs } = result.tokenLogprobs as TokenLogprobs;
      // the reference engine tells texts of tokens, not bytes
      if (name === "native") expect(Buffer.from(bytes).toString()).toBe(result.text);
      expect(lengths).toHaveLength(result.outputTokens);
      expect(logprobs).toHaveLength(result.outputTokens);
      expect(result.cumulativeLogprob).toBeNull();
    });

    it("are not there unless they are asked for", async () => {
      const [result] = await run([engine.tokenize("x")], { grammar: compileSchema(GRAMMAR), logprobs: true });
      expect(result).not.toHaveProperty("tokenLogprobs");
      expect(result).not.toHaveProperty("fieldProbabilities");
    });
  });

  describe("the probabilities of a field's labels", () => {
    const fields = fieldsOf(GRAMMAR);
    const job = {
      grammar: compileSchema(GRAMMAR),
      tokenLogprobs: true,
      labelFields: fields,
    };
    const paths = fields.map(({ path }) => path.map((names) => JSON.parse(names[0] as string) as string).join("."));

    it("are those of all their tokens and any that closes them, behind the output so far, over the labels alone", async () => {
      expect(paths).toEqual(["mood", "place.urgent", "place.rating", "stars"]);
      for (const row of tickets(2)) {
        const [result] = (await run([engine.tokenize(row)], job)) as [TokenResult];
        const texts = textsOf(result);
        for (const [at, { labels }] of fields.entries()) {
          const key = `"${paths[at]?.split(".").at(-1)}": `;
          const all = labels.flatMap((label) => label.texts);
          const quote = all.every((text) => text.startsWith('"')) ? 1 : 0;
          const begin = result.text.indexOf(key) + key.length + quote;
          const isUsual = (border: number) =>
            all.every((text) => {
              const stem = text.startsWith('"') ? text.slice(quote, -1) : text;
              const usual = model.tokenize(result.text.slice(0, begin) + stem, false, "trimLeadingSpace");
              return bordersOf(usual.map((token) => pieces[token] as string)).includes(border);
            });
          // the labels follow the last border at which the tokenizer has one as well
          const border = bordersOf(texts).findLast((one) => one <= begin && isUsual(one)) as number;
          const count = bordersOf(texts).indexOf(border);
          const before = [...promptOf(row), ...texts.slice(0, count).map((text) => pieces.indexOf(text) as Token)];
          const shared = result.text.slice(border, begin);
          const found: number[] = [];
          for (const { texts: own } of labels) {
            let sum = 0;
            for (const text of own) {
              const isString = text.startsWith('"');
              const stem = shared + (isString ? text.slice(quote, -1) : text);
              sum += await probabilityOf(before, stem, isString ? closesString : closesScalar);
            }
            found.push(sum);
          }
          const total = found.reduce((sum, one) => sum + one, 0);
          const given = result.fieldProbabilities?.[at] as number[];
          expect(given.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
          // a text read in one go has other rounding than one read in parts
          found.forEach((one, label) => {
            const share = one / total;
            const name = `${paths[at]} ${labels[label]?.name}`;
            expect(Math.abs((given[label] as number) - share), name).toBeLessThan(0.02);
            if (share > 1e-9) expect(Math.abs(Math.log((given[label] as number) / share)), name).toBeLessThan(0.3);
          });
        }
      }
    });

    it("of a text that is a choice are what choosing among the choices gives", async () => {
      const choices = ["shipping", "shipping delay", "ship", "billing", "ünlikely 😀 label", "b"];
      const rows = tickets(4).map((row) => engine.tokenize(row));
      const labels = choices.map((choice) => ({ texts: [choice] }));
      const output = compileOutput({ kind: "choices", choices });
      const generated = await run(rows, {
        grammar: output.grammar,
        labelFields: [{ isWhole: true, path: [], labels }],
      });
      const chosen = await run(rows, { labels: choices });
      for (const [at, { text, fieldProbabilities }] of generated.entries()) {
        expect(choices).toContain(text);
        chosen[at]?.labelProbabilities?.forEach((probability, label) => {
          expect(fieldProbabilities?.[0]?.[label]).toBeCloseTo(probability, 2);
        });
      }
    });

    it("change nothing of the output, and are the same beside other slots", async () => {
      const rows = tickets(12).map((row) => engine.tokenize(row));
      const plain = await run(rows, { grammar: job.grammar });
      const alone = await run(rows, job);
      const together = await run(rows, job, 5);
      expect(alone.map(({ text, outputTokens }) => [text, outputTokens])).toEqual(
        plain.map(({ text, outputTokens }) => [text, outputTokens]),
      );
      for (const [at, { text, fieldProbabilities }] of together.entries()) {
        if (text !== alone[at]?.text) continue;
        for (const [field, probabilities] of (fieldProbabilities ?? []).entries())
          probabilities?.forEach((probability, label) => {
            expect(alone[at]?.fieldProbabilities?.[field]?.[label]).toBeCloseTo(probability, 1);
          });
      }
    });

    it("are null for a field that the output lacks, and for all fields of an output that was cut", async () => {
      const schema = {
        type: "object",
        properties: { note: { type: "string", maxLength: 12 }, urgent: { type: "boolean" } },
        required: ["note"],
      };
      const own = { grammar: compileSchema(schema), labelFields: fieldsOf(schema) };
      const rows = tickets(40).map((row) => engine.tokenize(row));
      const results = await run(rows, { ...own, sampling: { ...GREEDY, temperature: 3, maxTokens: 16 } });
      const kinds = new Set<string>();
      for (const { text, finish, fieldProbabilities } of results) {
        const hasField = finish === "stop" && typeof JSON.parse(text).urgent === "boolean";
        kinds.add(finish === "length" ? "cut" : hasField ? "there" : "not there");
        expect(fieldProbabilities).toEqual([hasField ? [expect.any(Number), expect.any(Number)] : null]);
      }
      expect([...kinds].sort()).toEqual(["cut", "not there", "there"]);
    });

    it("fit a slot that has no room for the longest label behind its output", async () => {
      const choices = ["b", "many words ".repeat(200)];
      const labels = choices.map((choice) => ({ texts: [choice] }));
      const output = compileOutput({ kind: "choices", choices });
      const rows = tickets(4).map((row) => engine.tokenize(row));
      const results = await run(rows, {
        plan: { slots: 2, threads: 1, slotTokens: 100, batchTokens: 128, draftTokens: 0, samplesInGraph: false },
        grammar: output.grammar,
        labelFields: [{ isWhole: true, path: [], labels }],
        sampling: { ...GREEDY, maxTokens: 4 },
      });
      const done = results.filter(({ finish }) => finish === "stop");
      expect(done.length).toBeGreaterThan(0);
      for (const { fieldProbabilities } of done)
        expect(fieldProbabilities?.[0]?.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
    });

    it("are found whatever white space the model writes", async () => {
      const schema = {
        type: "object",
        properties: { 'a:"}': { enum: ["x", "y"] }, b: { type: "boolean" } },
        required: ["b"],
      };
      const own = { grammar: compileSchema(schema, { style: "free" }), labelFields: fieldsOf(schema) };
      const rows = tickets(8).map((row) => engine.tokenize(row));
      const results = await run(rows, { ...own, sampling: { ...GREEDY, temperature: 2 } });
      for (const { text, finish, fieldProbabilities } of results) {
        if (finish === "length") continue;
        expect(fieldProbabilities?.[0] ?? null).toEqual(
          'a:"}' in JSON.parse(text) ? [expect.any(Number), expect.any(Number)] : null,
        );
        expect(fieldProbabilities?.[1]).toHaveLength(2);
      }
      expect(results.some(({ finish }) => finish === "stop")).toBe(true);
    });
  });
});

describe("the native engine", () => {
  beforeAll(async () => {
    engine = await openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("gives labels the same probabilities with whichever tokens the output has the white space before the field", async () => {
    const schema = { type: "object", properties: { urgent: { type: "boolean" } }, required: ["urgent"] };
    const own = { grammar: compileSchema(schema), labelFields: fieldsOf(schema), tokenLogprobs: true };
    const [row] = tickets(1) as [string];
    const rows = Array<Uint32Array>(60).fill(engine.tokenize(row));
    const results = await run(rows, { ...own, sampling: { ...GREEDY, temperature: 3 } });
    const [first] = results.map(({ fieldProbabilities }) => fieldProbabilities?.[0]?.[0] as number) as [number];
    for (const { fieldProbabilities } of results) expect(fieldProbabilities?.[0]?.[0]).toBeCloseTo(first, 3);
    const hasLoneSpace = results.map((result) => textsOf(result).includes(" "));
    expect(new Set(hasLoneSpace)).toEqual(new Set([true, false]));
  });
});
