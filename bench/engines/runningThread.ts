import { Worker } from "node:worker_threads";
import type { LocalChoice } from "../../src/engine/local/index.js";
import { InputError } from "../../src/errors.js";
import type { FromThread, ToThread } from "./engineProtocol.js";

/** How long a thread may take to end once it is asked to. */
const END_MS = 10_000;

type Kind = FromThread["kind"];
type Message<K extends Kind> = Extract<FromThread, { readonly kind: K }>;

/** A thread with one engine, as the bench sees it. */
export class RunningThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #waiting: { kind: Kind; resolve: (message: FromThread) => void; reject: (error: Error) => void } | null = null;
  #arrived: FromThread[] = [];
  #failure: Error | null = null;

  constructor(choice: LocalChoice) {
    this.#worker = new Worker(new URL("./engineThread.js", import.meta.url), { workerData: choice });
    this.#worker.on("message", (message: FromThread) => {
      if (message.kind === "failed") this.#fail(asError(message));
      else this.#arrived.push(message);
      this.#serve();
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#fail(new Error(`the engine's thread ended with code ${code}`));
        resolve();
      });
    });
  }

  send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  /** Waits for a message, which may have arrived already.
   *  @throws what went wrong in the thread */
  next<K extends Kind>(kind: K): Promise<Message<K>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { kind, resolve: resolve as (message: FromThread) => void, reject };
      this.#serve();
    });
  }

  async close(): Promise<void> {
    if (this.#failure === null) {
      this.send({ kind: "close" });
      await this.next("closed").catch(() => undefined);
    }
    // it ends by itself: a thread terminated in the middle of node-llama-cpp's own ending takes the process with it
    const timer = setTimeout(() => this.#worker.terminate(), END_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#serve();
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const at = this.#arrived.findIndex(({ kind }) => kind === waiting.kind);
    if (at < 0 && this.#failure === null) return;
    this.#waiting = null;
    const [message] = at < 0 ? [] : this.#arrived.splice(at, 1);
    if (message === undefined) waiting.reject(this.#failure as Error);
    else waiting.resolve(message);
  }
}

function asError({ reason, code }: Message<"failed">): Error {
  return code === null ? new Error(reason) : new InputError(code, reason);
}
