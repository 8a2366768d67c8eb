import fc from "fast-check";
import { getLlama, type Llama, type LlamaModel, type Token } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTokenEngine, type TokenEngine, type TokenResult } from "../../src/engine/local/index.js";
import { chooseLabel } from "../../src/engine/local/labels.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { tickets } from "../rowmill/fixture.js";
import { chatFrame, resultsOf } from "./runRows.js";

const MODEL = embeddedModelPath("starter");
/** Beginnings that are shared, one that is another whole, one of many tokens. */
const LABELS = ["shipping", "shipping delay", "ship", "billing", "ünlikely 😀 label", "b"];

let engine: TokenEngine;
let llama: Llama;
let model: LlamaModel;
beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
  model = await llama.loadModel({ modelPath: MODEL });
});
afterAll(() => llama.dispose());

const choose = (rows: readonly string[], slots: number, temperature = 0): Promise<TokenResult[]> =>
  resultsOf(engine, rows, {
    ...{ plan: { slots, slotTokens: 300 }, ...chatFrame(engine), labels: LABELS, logprobs: true },
    ...{ sampling: { temperature, maxTokens: 20 }, seedOf: (index: number) => index },
  });

/** A label's log-probability, with its end of turn: the whole text evaluated in a context of its own. */
async function logprobAlone(row: string, label: string): Promise<number> {
  const { prefix, suffix } = chatFrame(engine);
  const before = [...prefix, ...engine.tokenize(row), ...suffix] as Token[];
  const tokens = model.tokenize(label, false, "trimLeadingSpace");
  await using context = await model.createContext({ contextSize: 300, sequences: 1, threads: 1 });
  const last = before.length - 1;
  const outputs = await context
    .getSequence()
    .controlledEvaluate(
      [...before, ...tokens].map((token, at) =>
        at < last ? token : [token, { generateNext: { probabilities: true } }],
      ),
    );
  const next = outputs.slice(last).map((output) => output?.next.probabilities ?? new Map<Token, number>());
  const ends = [...(next.at(-1) ?? [])].filter(([token]) => model.isEogToken(token));
  const end = ends.reduce((sum, [, probability]) => sum + probability, 0);
  return tokens.reduce((sum, token, at) => sum + Math.log(next[at]?.get(token) ?? 0), Math.log(end));
}

describe.each(["native", "node-llama-cpp"] as const)("labels scored by the engine %s", (name) => {
  beforeAll(async () => {
    engine = await openTokenEngine({ engine: name, modelPath: MODEL, threads: 1, backend: "cpu" });
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  it("have the probability of all their tokens and an end of turn, normalised over the labels", async () => {
    const rows = tickets(3);
    const results = await choose(rows, 1);
    for (const [at, row] of rows.entries()) {
      const logprobs = await Promise.all(LABELS.map((label) => logprobAlone(row, label)));
      const sum = logprobs.reduce((total, one) => total + Math.exp(one), 0);
      const { labelProbabilities, text, cumulativeLogprob, outputTokens } = results[at] as TokenResult;
      logprobs.forEach((logprob, label) => {
        // a text read in one go has other rounding than one read in parts
        expect(Math.abs((labelProbabilities?.[label] ?? 0) - Math.exp(logprob) / sum)).toBeLessThan(0.01);
      });
      const likeliest = logprobs.indexOf(Math.max(...logprobs));
      expect(text).toBe(LABELS[likeliest]);
      expect(cumulativeLogprob).toBeCloseTo(logprobs[likeliest] as number, 1);
      expect(outputTokens).toBe(model.tokenize(text, false, "trimLeadingSpace").length);
    }
  });

  it("have the same probabilities in a slot that held other rows, beside other slots", async () => {
    const rows = tickets(12);
    const [alone, together] = [await choose(rows, 1), await choose(rows, 4)];
    for (const [at, result] of alone.entries())
      result.labelProbabilities?.forEach((probability, label) => {
        expect(together[at]?.labelProbabilities?.[label]).toBeCloseTo(probability, 1);
      });
    expect(new Set(alone.map(({ labelProbabilities }) => labelProbabilities?.[0])).size).toBe(12);
  });

  it("are drawn by their probabilities when the temperature is 1", async () => {
    const [row] = tickets(1) as [string];
    const results = await choose(Array(150).fill(row), 8, 1);
    const expected = results[0]?.labelProbabilities ?? [];
    LABELS.forEach((label, at) => {
      const share = results.filter(({ text }) => text === label).length / results.length;
      expect(Math.abs(share - (expected[at] as number))).toBeLessThan(0.12);
    });
    expect(new Set(results.map(({ text }) => text)).size).toBeGreaterThan(1);
  });
});

describe("choosing a label", () => {
  const logprobs = fc.array(fc.double({ min: -800, max: -1e-9, noNaN: true }), { minLength: 1, maxLength: 20 });
  const seeds = fc.nat(0xffffffff);

  it("gives probabilities that are together 1, and the likeliest label at temperature 0", () => {
    fc.assert(
      fc.property(logprobs, seeds, (given, seed) => {
        const { index, probabilities } = chooseLabel(given, 0, seed);
        expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
        expect(probabilities[index]).toBe(Math.max(...probabilities));
      }),
    );
  });

  it("never draws a label without any probability, and takes one when none has", () => {
    fc.assert(
      fc.property(logprobs, fc.double({ min: 0.01, max: 10, noNaN: true }), seeds, (given, temperature, seed) => {
        const withNothing = [Number.NEGATIVE_INFINITY, ...given, Number.NEGATIVE_INFINITY];
        const { index } = chooseLabel(withNothing, temperature, seed);
        expect(withNothing[index]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
      }),
    );
    const nothing = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(chooseLabel(nothing, 0, 1)).toEqual({ index: 0, probabilities: [0.5, 0.5] });
  });

  it("draws as the seed says, more evenly the higher the temperature", () => {
    const given = [Math.log(0.9), Math.log(0.1)];
    const share = (temperature: number) => {
      const drawn = Array.from({ length: 4000 }, (_, seed) => chooseLabel(given, temperature, seed).index);
      return drawn.filter((index) => index === 1).length / drawn.length;
    };
    expect(share(1)).toBeCloseTo(0.1, 1);
    expect(share(2)).toBeCloseTo(0.25, 1);
    expect(share(0.25)).toBeLessThan(0.01);
    expect(chooseLabel(given, 1, 7)).toEqual(chooseLabel(given, 1, 7));
  });
});
