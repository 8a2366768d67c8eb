import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** What a request for a chat completion asks. */
export interface Asked {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
  readonly [field: string]: unknown;
}

/** What goes wrong with a request instead of its answer. "cut": the answer breaks off; "garbled": it is no JSON; "foreign": it is JSON
 *  and no completion; "dead": the connection ends without one. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly retryAfter?: string }
  | "cut"
  | "garbled"
  | "foreign"
  | "dead";

export interface ServerOptions {
  /** Which fields for a form it follows, as the programs of that name do. */
  readonly speaks?: "llama-server" | "vllm" | "plain";
  /** What the model writes. Default: the last message, in capitals. */
  readonly answer?: (asked: Asked) => string;
  /** What goes wrong with the request of that number, from 0. */
  readonly fault?: (number: number, asked: Asked) => Fault | null;
  readonly delayMs?: number | (() => number);
  /** Why the text of the answer of that number ends. Default: "stop". */
  readonly finish?: (number: number) => string;
  readonly key?: string;
  readonly models?: readonly string[];
  /** Port; default any. */
  readonly port?: number;
}

const SECRET = "zq-7-kvx";

/** A server of chat completions that stands in for a model behind HTTP: a real one takes a quarter of an hour to build, and none goes
 *  wrong on demand. What it answers is the test's own. */
export class EndpointServer {
  /** All that was asked for, in order. */
  readonly asked: Asked[] = [];
  /** Those of them that were answered. */
  readonly answered: Asked[] = [];
  /** Most requests that ran at a time. */
  most = 0;
  /** Requests that only found out what it can do. */
  trials = 0;
  #running = 0;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  private constructor(private readonly options: ServerOptions) {}

  static async open(options: ServerOptions = {}): Promise<EndpointServer> {
    const server = new EndpointServer(options);
    await server.listen(options.port);
    onTestFinished(() => server.close());
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Ends at once, as a program that is killed. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { key, speaks = "plain", models = ["small"] } = this.options;
    const text = await textOf(request);
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`)
      return send(response, 401, { error: { message: "the key is wrong" } });
    if (request.url === "/v1/models")
      return send(response, 200, { data: models.map((id) => ({ id, owned_by: OWNERS[speaks] })) });
    if (request.url === "/props" && speaks === "llama-server")
      return send(response, 200, { total_slots: 4, build_info: "b1", default_generation_settings: { n_ctx: 4096 } });
    if (request.url === "/version" && speaks === "vllm") return send(response, 200, { version: "0.12.0" });
    if (request.url !== "/v1/chat/completions") return send(response, 404, { error: { message: "not found" } });
    const asked = JSON.parse(text) as Asked;
    if (text.includes(SECRET) || asked.seed === undefined) {
      this.trials++;
      return send(response, 200, completion(this.#trial(asked), asked));
    }
    this.#running++;
    this.most = Math.max(this.most, this.#running);
    try {
      await this.#complete(asked, response);
    } finally {
      this.#running--;
    }
  }

  async #complete(asked: Asked, response: ServerResponse): Promise<void> {
    const { answer = capitals, fault, delayMs: delay = 0, finish = () => "stop" } = this.options;
    const delayMs = typeof delay === "number" ? delay : delay();
    const number = this.asked.push(asked) - 1;
    const wrong = fault?.(number, asked) ?? null;
    if (delayMs > 0) await sleep(delayMs);
    if (wrong === "dead") {
      response.destroy();
      return;
    }
    if (typeof wrong === "object" && wrong !== null) {
      if (wrong.retryAfter !== undefined) response.setHeader("retry-after", wrong.retryAfter);
      return send(response, wrong.status, wrong.body ?? { error: { message: "not now" } });
    }
    if (wrong === "foreign") return send(response, 200, { hello: "there" });
    const body = JSON.stringify(completion(answer(asked), asked, finish(number)));
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    if (wrong === null) {
      this.answered.push(asked);
      response.end(body);
      return;
    }
    if (wrong === "garbled") {
      response.end(body.replace("{", "<"));
      return;
    }
    response.write(body.slice(0, body.length / 2));
    await sleep(5);
    response.destroy();
  }

  /** What is asked to find out what is followed. */
  #trial(asked: Asked): string {
    const { speaks = "plain" } = this.options;
    const isFollowed =
      (speaks === "llama-server" && typeof asked.grammar === "string") ||
      (speaks === "vllm" && ("structured_outputs" in asked || "response_format" in asked));
    if (!isFollowed) return "as you like";
    return JSON.stringify(asked).includes('"code') || String(asked.grammar).includes("code")
      ? `{"code": "${SECRET}"}`
      : SECRET;
  }
}

const OWNERS = { "llama-server": "llamacpp", vllm: "vllm", plain: "somebody" } as const;

function capitals({ messages }: Asked): string {
  return (messages.at(-1)?.content ?? "").toUpperCase();
}

function completion(text: string, { logprobs, messages }: Asked, finish = "stop"): unknown {
  const tokens = [...text].map((token, at) => ({ token, logprob: -0.5 * (at + 1), bytes: [...Buffer.from(token)] }));
  return {
    id: "chat-1",
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text },
        finish_reason: finish,
        ...(logprobs === true && { logprobs: { content: tokens } }),
      },
    ],
    usage: {
      prompt_tokens: 10 * messages.length,
      completion_tokens: text.length,
      prompt_tokens_details: { cached_tokens: 4 },
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
