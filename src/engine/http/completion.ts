import { z } from "zod";
import type { TokenLogprobs } from "../../addon.js";

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
        message: z.object({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
        logprobs: z.object({ content: z.array(tokenLogprob).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish(),
    })
    .nullish(),
});

export interface Completion {
  readonly text: string;
  readonly finish: "stop" | "length" | "refused";
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
    finish: reason === "length" ? "length" : reason === "content_filter" ? "refused" : "stop",
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

function packed(tokens: readonly z.infer<typeof tokenLogprob>[]): TokenLogprobs {
  const texts = tokens.map(({ token, bytes }) => Buffer.from(bytes ?? Buffer.from(token)));
  return {
    bytes: Buffer.concat(texts),
    lengths: Uint16Array.from(texts, ({ length }) => length),
    logprobs: Float32Array.from(tokens, ({ logprob }) => logprob),
  };
}
