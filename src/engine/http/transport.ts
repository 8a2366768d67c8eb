import { Agent, request } from "undici";
import { messageOf } from "../../errors.js";

/** What became of a request. */
export type Reply =
  /** The server has answered; `body` is JSON that was read whole. */
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown; readonly retryAfterMs: number | null }
  /** It could not be reached: nothing was computed. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The answer broke off, came too late or is no JSON. */
  | { readonly kind: "broken"; readonly reason: string; readonly isLate: boolean };

export interface Ask {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const CONNECT_MS = 10_000;
/** An answer longer than any output is. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Of a server's own text in an error line. */
const SHOWN_CHARACTERS = 300;
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Sends requests over connections that are kept; the key goes into no message. */
export class Transport implements AsyncDisposable {
  readonly #headers: Readonly<Record<string, string>>;
  // one request has one deadline, from its first byte to its last
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS }, pipelining: 1 });

  readonly #key: string | null;

  constructor(key: string | null) {
    this.#key = key;
    this.#headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...(key !== null && { authorization: `Bearer ${key}` }),
    };
  }

  /** @throws the signal's reason */
  async send({ method, url, body, timeoutMs, signal }: Ask): Promise<Reply> {
    // not AbortSignal.any: what it hangs on a signal that lives as long as the job stays there
    const ending = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      ending.abort();
    }, timeoutMs);
    const abort = (): void => ending.abort();
    signal?.addEventListener("abort", abort, { once: true });
    let status = 0;
    try {
      signal?.throwIfAborted();
      const answer = await request(url, {
        method,
        headers: this.#headers,
        body: body ?? null,
        dispatcher: this.#agent,
        signal: ending.signal,
      });
      status = answer.statusCode;
      // a server that repeats the key must not bring it into an error line
      const text = this.#withoutKey(await readText(answer.body));
      const retryAfterMs = retryAfter(answer.headers["retry-after"]);
      const parsed = parseJson(text);
      if (parsed !== undefined) return { kind: "answer", status, body: parsed, retryAfterMs };
      // a gateway's page of an error is no JSON, and says enough
      if (status >= 400) return { kind: "answer", status, body: shortText(text), retryAfterMs };
      return { kind: "broken", reason: `its answer is no JSON: ${shortText(text)}`, isLate: false };
    } catch (error) {
      signal?.throwIfAborted();
      if (isLate) return { kind: "broken", reason: `no answer within ${timeoutMs / 1000} s`, isLate };
      const reason = reasonOf(error);
      return status === 0 && UNREACHABLE.has(codeOf(error))
        ? { kind: "unreachable", reason }
        : { kind: "broken", reason, isLate };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  #withoutKey(text: string): string {
    return this.#key === null ? text : text.replaceAll(this.#key, "(the key)");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** What a server says is wrong, in one line. */
export function problemIn(body: unknown): string {
  if (typeof body === "string") return shortText(body);
  const error = (body as { error?: unknown } | null)?.error ?? body;
  if (typeof error === "string") return shortText(error);
  const { message, detail } = (error ?? {}) as { message?: unknown; detail?: unknown };
  return shortText(typeof message === "string" ? message : JSON.stringify(detail ?? error ?? ""));
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`its answer has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds, or a date; null where there is none. */
function retryAfter(header: string | string[] | undefined): number | null {
  const text = [header].flat()[0]?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return 1000 * Number(text);
  const until = Date.parse(text);
  return Number.isNaN(until) ? null : Math.max(0, until - Date.now());
}

function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === "string") return code;
  return errors?.[0] === undefined ? "" : codeOf(errors[0]);
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const message = messageOf(error);
  return message === "" || message === code ? code : message;
}

function shortText(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
