import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type InferOptions, inferTable } from "../../src/inferTable.js";
import { samplingTable } from "../../src/sampling.js";
import { checkOptions } from "../../src/submission/options.js";

const check = (options: object) => checkOptions(options as InferOptions, { model: "gpt-oss-20b", engine: "auto" });

describe("infer's options", () => {
  it("have the API's defaults", () => {
    expect(check({})).toMatchObject({
      models: ["gpt-oss-20b"],
      columnOrder: "given",
      outputColumn: "inference_result",
      priority: 0,
      stayAttached: true,
      truncateRows: true,
      randomSeedPerInput: false,
      isDryRun: false,
    });
  });

  it("stay attached by default for priority 0 alone", () => {
    expect(check({ jobPriority: 1 }).stayAttached).toBe(false);
    expect(check({ jobPriority: 1, stayAttached: true }).stayAttached).toBe(true);
    expect(check({ model: ["a", "b"], stayAttached: true }).stayAttached).toBe(false);
  });

  it("take sampling parameters in camelCase and in snake_case", () => {
    expect(check({ samplingParams: { top_p: 0.9, max_tokens: 5, repetitionPenalty: 1.1 } }).sampling).toEqual({
      ...check({}).sampling,
      topP: 0.9,
      maxTokens: 5,
      repetitionPenalty: 1.1,
    });
    expect(() => check({ samplingParams: { top_p: 0.9, topP: 0.8 } })).toThrowError(/topP twice/);
  });

  it("name the nearest known option for an unknown one", () => {
    expect(() => check({ outputSchem: {} })).toThrowError(
      /unknown option "outputSchem": did you mean "outputSchema"\?/,
    );
    expect(() => check({ samplingParams: { temprature: 1 } })).toThrowError(
      /unknown sampling parameter "temprature": did you mean "temperature"\?/,
    );
  });

  it("say which option has a wrong value", () => {
    for (const [options, message] of [
      [{ jobPriority: 2 }, "option jobPriority must be 0 or 1"],
      [{ truncateRows: "yes" }, "option truncateRows must be true or false"],
      [{ outputColumn: "" }, "option outputColumn must not be empty"],
      [{ engine: "gpu" }, "option engine must be one of auto, "],
      [{ model: [] }, "option model must have at least 1 entry"],
      [{ model: Array(300).fill("starter") }, "option model must have at most 32 entries"],
      [{ columnOrder: "best" }, "option columnOrder must be one of given, auto"],
      [{ column: 3 }, "option column must be a text or a list"],
      [{ column: ["a", 3] }, "option column must be a text or a list whose entries are each a text"],
      [{ slots: -1 }, "option slots must be at least 0"],
      [{ slots: 1.5 }, "option slots must be a whole number"],
      [{ samplingParams: { topP: 1.5 } }, "sampling parameter topP must be at most 1"],
      [{ samplingParams: { topP: 0 } }, "sampling parameter topP must be more than 0"],
      [{ samplingParams: { temperature: "hot" } }, "sampling parameter temperature must be a number"],
    ] as const)
      expect(() => check(options)).toThrowError(message);
  });

  it("take one form of output", () => {
    for (const [options, message] of [
      [
        { outputSchema: {}, outputRegex: "a" },
        "outputSchema and outputRegex can't stand together: an output has one form",
      ],
      [{ outputGrammar: "", outputRegex: "a" }, "option outputGrammar must not be empty"],
      [{ outputChoices: [] }, "option outputChoices must have at least 1 entry"],
      [{ outputChoices: Array(100_001).fill("a") }, "option outputChoices must have at most 100000 entries"],
      [{ outputRegex: "" }, "option outputRegex must not be empty"],
      [{ outputRegex: /a/gi }, "outputRegex has the flags gi: only u can be taken, leave others out"],
      [{ outputChoices: ["a", ""] }, "outputChoices: one choice is empty"],
      [{ outputChoices: ["a", "b", "a"] }, 'outputChoices: "a" is given twice'],
      [{ outputChoices: ["\ud800"] }, "is no text: it has half a character"],
      [{ outputStyle: "wide" }, "option outputStyle must be one of spaced, compact, free"],
      [{ outputStyle: "free" }, "outputStyle is about the outputs of outputSchema, and there is none"],
      [{ schemaRetries: 11 }, "option schemaRetries must be at most 10"],
      [{ labelProbabilities: true }, "labelProbabilities needs outputChoices: the labels"],
      [{ confidence: true }, "confidence needs outputSchema or outputChoices: the labels"],
      [{ confidence: true, outputRegex: "a|b" }, "confidence needs outputSchema or outputChoices: the labels"],
      [
        { outputChoices: ["a"], labelProbabilities: true, confidence: true },
        "labelProbabilities says it all: leave confidence out",
      ],
      [
        { outputChoices: ["a"], labelProbabilities: true, samplingParams: { tokenLogprobs: true } },
        "labelProbabilities generates no tokens: leave the sampling parameter tokenLogprobs out",
      ],
      [
        { outputChoices: ["a"], labelProbabilities: true, samplingParams: { topK: 5 } },
        "labelProbabilities chooses whole labels, where the sampling parameter topK has no meaning: leave it out",
      ],
    ] as const)
      expect(() => check(options)).toThrowError(message);
    expect(check({ outputRegex: /a|b/u }).outputRegex).toBe("a|b");
    const neutral = { topK: 0, topP: 1, repetitionPenalty: 1, temperature: 0.5, seed: 3, maxTokens: 9 };
    expect(check({ outputChoices: ["a"], labelProbabilities: true, samplingParams: neutral })).toMatchObject({
      outputChoices: ["a"],
      labelProbabilities: true,
    });
    expect(check({})).toMatchObject({
      outputSchema: null,
      outputGrammar: null,
      outputRegex: null,
      outputChoices: null,
    });
    expect(check({ outputSchema: {} })).toMatchObject({ outputStyle: "spaced", schemaRetries: 2 });
  });

  it("take one name a model, or one string for one model, and nothing else", () => {
    expect(check({ name: "nightly" }).names).toEqual(["nightly"]);
    expect(check({ model: ["a", "b"], name: ["x", "y"] }).names).toEqual(["x", "y"]);
    expect(check({ model: ["a", "b"] }).names).toEqual([null, null]);
    expect(() => check({ model: ["a", "b"], name: ["x"] })).toThrowError(/name has 1 entries for 2 models/);
    expect(() => check({ model: ["a", "b"], name: "x" })).toThrowError(/name must be an array of 2/);
    expect(() => check({ model: "a", description: ["x"] })).toThrowError(/description has 1 entries for 1 model/);
  });
});

it("the tables of options give a JSON Schema, for doors that take JSON", () => {
  const { properties } = z.toJSONSchema(inferTable, { io: "input" });
  expect(Object.keys(properties ?? {})).toEqual(Object.keys(inferTable.shape));
  expect(properties).toMatchObject({
    columnOrder: { enum: ["given", "auto"], default: "given" },
    schemaRetries: { type: "integer", minimum: 0, maximum: 10, default: 2 },
    maxCost: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] },
  });
  expect(z.toJSONSchema(samplingTable, { io: "input" }).properties).toMatchObject({
    topP: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 1 },
  });
});
