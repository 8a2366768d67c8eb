import { problemIn } from "./transport.js";

/** What stands in the way of one request, by what the server answers. */
export type Refusal =
  /** It has too much to do; later it takes it. */
  | { readonly kind: "overloaded"; readonly reason: string }
  /** A mistake of its own, or of who stands behind it: perhaps not the next time. */
  | { readonly kind: "fault"; readonly reason: string }
  /** The row is too long for it.
   *  share: of the row's text that would fit about; null where it says no numbers */
  | { readonly kind: "tooLong"; readonly share: number | null; readonly reason: string }
  /** No request of this job will be taken. */
  | { readonly kind: "job"; readonly reason: string }
  /** This row never will. */
  | { readonly kind: "row"; readonly reason: string };

/** @param maxTokens  that were asked for beside the prompt */
export function refusalOf(status: number, body: unknown, maxTokens: number): Refusal {
  const reason = `${status}: ${problemIn(body)}`;
  if (isTooLong(body)) return { kind: "tooLong", share: shareThatFits(body, maxTokens), reason };
  // out of money is not out of breath
  if (status === 402 || errorOf(body).code === "insufficient_quota") return { kind: "job", reason };
  if (status === 429 || status === 503) return { kind: "overloaded", reason };
  if (status >= 500 || status === 408 || status === 409) return { kind: "fault", reason };
  if (status < 400 || [401, 403, 404, 405].includes(status)) return { kind: "job", reason };
  return { kind: "row", reason };
}

const TOO_LONG =
  /context[ _]?(length|size|window)|maximum (context|model) length|too long|(prompt|request) too large|exceeds? the (available|maximum)/i;

/** llama-server's `exceed_context_size_error`, OpenAI's `context_length_exceeded`, and the sentences of vLLM and SGLang. */
function isTooLong(body: unknown): boolean {
  const { type, code } = errorOf(body);
  return type === "exceed_context_size_error" || code === "context_length_exceeded" || TOO_LONG.test(problemIn(body));
}

function shareThatFits(body: unknown, maxTokens: number): number | null {
  const { n_prompt_tokens: prompt, n_ctx: context } = errorOf(body);
  if (typeof prompt === "number" && typeof context === "number") return share(prompt, context - maxTokens);
  const text = problemIn(body);
  // counted no further than was needed
  if (/at least \d+ input tokens/i.test(text)) return null;
  const most = Number(/maximum (?:context|model) length (?:is|of) (\d+)/i.exec(text)?.[1]);
  const asked = Number(
    /\((\d+) (?:in the messages|of text|input)/i.exec(text)?.[1] ?? /(\d+) input tokens/i.exec(text)?.[1],
  );
  return share(asked, most - maxTokens);
}

function share(has: number, may: number): number | null {
  return has > 0 && may > 0 && may < has ? may / has : null;
}

function errorOf(body: unknown): Readonly<Record<string, unknown>> {
  const error = (body as { error?: unknown } | null)?.error ?? body;
  return typeof error === "object" && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
}
