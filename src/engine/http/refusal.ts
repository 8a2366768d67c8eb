import { problemIn } from "./transport.js";

/** What stands in the way of one request, by what the server answers. */
export type Refusal =
  /** It has too much to do; later it takes it. */
  | { readonly kind: "overloaded"; readonly reason: string }
  /** Who stands behind it does not answer. */
  | { readonly kind: "down"; readonly reason: string }
  /** A mistake of its own: perhaps not the next time. */
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
  if (status === 429 || status === 503) return { kind: "overloaded", reason };
  if (status === 502 || status === 504) return { kind: "down", reason };
  if (status >= 500 || status === 408 || status === 409) return { kind: "fault", reason };
  if (status === 401 || status === 403 || status === 404 || status === 405 || status < 400)
    return { kind: "job", reason };
  return isTooLong(body) ? { kind: "tooLong", share: shareThatFits(body, maxTokens), reason } : { kind: "row", reason };
}

const TOO_LONG =
  /context[ _]?(length|size|window)|maximum (context|model) length|too long|exceeds? the (available|maximum)/i;

/** llama-server's `exceed_context_size_error`, OpenAI's `context_length_exceeded`, and the sentences of vLLM and SGLang. */
function isTooLong(body: unknown): boolean {
  const { type, code } = errorOf(body);
  return type === "exceed_context_size_error" || code === "context_length_exceeded" || TOO_LONG.test(problemIn(body));
}

function shareThatFits(body: unknown, maxTokens: number): number | null {
  const { n_prompt_tokens: prompt, n_ctx: context } = errorOf(body);
  if (typeof prompt === "number" && typeof context === "number") return share(prompt, context - maxTokens);
  const text = problemIn(body);
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
