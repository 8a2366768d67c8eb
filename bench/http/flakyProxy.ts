import { once } from "node:events";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../fuzz/random.js";

const FAULTS = ["429", "500", "cut", "slow", "wrong"] as const;

/** Stands before a server and lets a share of the chat completions go wrong, each in one of five ways: 429 with `Retry-After`, 500, a
 *  body that breaks off, one that comes byte by byte (and whole), and one that is no JSON. */
export class FlakyProxy implements AsyncDisposable {
  /** Chat completions that were asked for, and those of them that went wrong for good. */
  requests = 0;
  spoilt = 0;
  readonly #server = createServer((asked, answer) => {
    const pieces: Buffer[] = [];
    asked.on("data", (piece: Buffer) => pieces.push(piece));
    asked.on("end", () => {
      const body = Buffer.concat(pieces);
      this.#serve(asked.method ?? "GET", asked.url ?? "/", body, answer).catch(() => answer.destroy());
    });
  });

  constructor(
    private readonly target: string,
    private readonly random: Random,
    private readonly share: number,
  ) {}

  async open(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async #serve(method: string, path: string, body: Buffer, answer: ServerResponse): Promise<void> {
    const isChat = path.endsWith("/chat/completions");
    const fault = isChat && this.random.isIn(this.share) ? this.random.from(FAULTS) : null;
    if (isChat) this.requests++;
    if (fault !== null && fault !== "slow") this.spoilt++;
    if (fault === "429") {
      answer.writeHead(429, { "retry-after": "0.2", "content-type": "application/json" });
      answer.end('{"error": {"message": "slow down"}}');
      return;
    }
    if (fault === "500") {
      answer.writeHead(500, { "content-type": "text/html" });
      answer.end("<html>Internal Server Error</html>");
      return;
    }
    const { status, text } = await this.#forward(method, path, body);
    answer.writeHead(status, { "content-type": "application/json", "content-length": text.length });
    if (fault === "cut") {
      answer.write(text.subarray(0, text.length / 2));
      await sleep(20);
      answer.destroy();
    } else if (fault === "slow") {
      for (let at = 0; at < text.length; at += 64) {
        answer.write(text.subarray(at, at + 64));
        await sleep(5);
      }
      answer.end();
    } else if (fault === "wrong") {
      answer.end(Buffer.concat([text.subarray(0, text.length - 1), Buffer.from("<")]));
    } else answer.end(text);
  }

  #forward(method: string, path: string, body: Buffer): Promise<{ status: number; text: Buffer }> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": body.length };
      const asked = request(new URL(path, this.target), { method, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 502, text: Buffer.concat(pieces) }));
        response.on("error", reject);
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
