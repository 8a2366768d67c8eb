import { z } from "zod";

const seed = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const penalty = z.number().min(-2).max(2);
const texts = z.union([z.string(), z.array(z.string()).min(1)]);

/** How tokens are chosen: the one table of the sampling parameters, from which their types, defaults and checks come. Semantics as
 *  vLLM documents its SamplingParams, with llama.cpp's order: penalties, topK, topP, minP, then temperature. Parsing fills in
 *  what does not depend on the job. */
export const samplingTable = z.strictObject({
  /** 0 takes the likeliest token always. Default 0, with `randomSeedPerInput` 1. */
  temperature: z.number().min(0).max(10).optional(),
  /** Nucleus: the likeliest tokens that together have this probability. Default 1. */
  topP: z.number().gt(0).max(1).default(1),
  /** Only so many of the likeliest tokens; 0 or -1 for all. Default 0. */
  topK: z
    .number()
    .int()
    .min(-1)
    .default(0)
    .transform((count) => Math.max(0, count)),
  /** Only tokens at least this share as likely as the likeliest. Default 0. */
  minP: z.number().min(0).max(1).default(0),
  /** Most tokens of an output. Default 512, or a quarter of the model's context where that is less. */
  maxTokens: z.number().int().min(1).optional(),
  /** Texts that end the output; they are not part of it. */
  stop: texts.default([]).transform((given) => [given].flat()),
  /** Seed of the job's random numbers. Default 0. */
  seed: seed.default(0),
  /** Lowers each token that the output has already; below 0 it raises them. Default 0. */
  presencePenalty: penalty.default(0),
  /** The same, once for each time that the output has the token. Default 0. */
  frequencyPenalty: penalty.default(0),
  /** 1, the default, changes nothing. Counts prompt and output; beside one of the other two penalties the reference
   *  engine counts the output alone. */
  repetitionPenalty: z.number().gt(0).max(10).default(1),
  /** Record the sum of the chosen tokens' log-probabilities, for `includeCumulativeLogprobs`: the model's own, before grammar,
   *  penalties and temperature. Default false: the reference engine evaluates each output a second time for it. */
  logprobs: z.boolean().default(false),
  /** Record every token of the output with its log-probability, for `includeTokenLogprobs`: some ten bytes a token.
   *  Default false. */
  tokenLogprobs: z.boolean().default(false),
});

type Table = z.output<typeof samplingTable>;

/** Sampling parameters as a user may give them. */
export type SamplingParams = Omit<z.input<typeof samplingTable>, "stop"> & {
  /** Texts that end the output; they are not part of it. */
  stop?: string | readonly string[] | undefined;
};

/** The same with what was not given filled in, but for what depends on the job. */
export type CheckedSampling = Readonly<Table>;

/** What each is where nothing is said: nothing is cut off, punished or recorded. */
export const SAMPLING_DEFAULTS: CheckedSampling = samplingTable.parse({});

/** All of them filled in, as a job's record has them. */
export type JobSampling = { readonly [Name in keyof Table]-?: Exclude<Table[Name], undefined> };

/** A job's sampling as engines follow it; seeds come with the rows. */
export type Sampling = Omit<JobSampling, "seed" | "logprobs" | "tokenLogprobs">;

/** A quarter of the context is left to the output, but no more than this. */
const DEFAULT_MAX_TOKENS = 512;

/** @param isSeedPerInput each row has a seed of its own
 *  @param contextLength   of the model, in tokens */
export function fillSampling(given: CheckedSampling, isSeedPerInput: boolean, contextLength: number): JobSampling {
  const filled: JobSampling = {
    ...given,
    // different seeds are asked for to get different outputs, which greedy decoding would not give
    temperature: given.temperature ?? (isSeedPerInput ? 1 : 0),
    maxTokens: given.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, Math.floor(contextLength / 4)),
  };
  // in the table's order, whatever was given: what was measured for a job is found by this record
  return Object.fromEntries(
    samplingTable.keyof().options.map((name) => [name, filled[name]]),
  ) as unknown as JobSampling;
}

/** What only says how tokens are drawn. */
const DRAWING = [
  "topP",
  "topK",
  "minP",
  "stop",
  "presencePenalty",
  "frequencyPenalty",
  "repetitionPenalty",
] as const satisfies readonly (keyof Table)[];

/** The first parameter that changes how tokens are drawn; null where all have the values that change nothing. */
export function changedDrawing(sampling: CheckedSampling): string | null {
  return DRAWING.find((name) => String(sampling[name]) !== String(SAMPLING_DEFAULTS[name])) ?? null;
}
