import { z } from "zod";
import type { TokenLogprobs } from "../../tokenLogprobs.js";

const count = z.number().int().min(0);
const tokenLogprob = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).nullish(),
});

/** As much of a chat completion as is used; servers send more. */
const completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
        logprobs: z
          .object({ content: z.array(tokenLogprob).nullish() })
          .nullish()
          .catch(null),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

export interface Completion {
  readonly text: string;
  /** "refused": it is withheld; "broken": the server gave it up. */
  readonly finish: "stop" | "length" | "refused" | "broken";
  /** As the server says; null where it says nothing. */
  readonly usage: { readonly inputTokens: number; readonly sharedTokens: number; readonly outputTokens: number } | null;
  /** Where it gave them. */
  readonly logprobs: TokenLogprobs | null;
}

/** @returns null for what is no chat completion */
export function readCompletion(body: unknown): Completion | null {
  const { data } = completion.safeParse(body);
  const choice = data?.choices[0];
  if (data === undefined || choice === undefined) return null;
  const { message, finish_reason: reason, logprobs } = choice;
  const { usage } = data;
  return {
    text: message.content ?? "",
    finish: finishOf(reason, message.refusal),
    usage:
      usage === null || usage === undefined
        ? null
        : {
            inputTokens: usage.prompt_tokens,
            sharedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
            outputTokens: usage.completion_tokens,
          },
    logprobs: logprobs?.content ? packed(logprobs.content) : null,
  };
}

/** What servers call the ends of a text; whatever else they say of one is none. */
const FINISHES: Readonly<Record<string, Completion["finish"]>> = {
  stop: "stop",
  eos: "stop",
  tool_calls: "stop",
  function_call: "stop",
  length: "length",
  content_filter: "refused",
};

function finishOf(reason: string | null | undefined, refusal: string | null | undefined): Completion["finish"] {
  if (refusal !== null && refusal !== undefined && refusal !== "") return "refused";
  return reason === null || reason === undefined ? "stop" : (FINISHES[reason] ?? "broken");
}

function packed(tokens: readonly z.infer<typeof tokenLogprob>[]): TokenLogprobs {
  const texts = tokens.map(({ token, bytes }) => Buffer.from(bytes ?? Buffer.from(token)));
  return {
    bytes: Buffer.concat(texts),
    lengths: Uint16Array.from(texts, ({ length }) => length),
    logprobs: Float32Array.from(tokens, ({ logprob }) => logprob),
  };
}
