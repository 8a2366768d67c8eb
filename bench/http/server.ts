import { setTimeout as sleep } from "node:timers/promises";
import { PeerProcess } from "../engines/peerProcess.js";

const HOST = "127.0.0.1";
const START_SECONDS = 120;
/** A row of the table with its answer has some 400. */
const SLOT_TOKENS = 1024;

/** A llama-server that can be killed and started again where it was. */
export class Server implements AsyncDisposable {
  #process: PeerProcess | null = null;

  constructor(
    private readonly program: string,
    private readonly model: string,
    private readonly slots: number,
    readonly port: number,
  ) {}

  get url(): string {
    return `http://${HOST}:${this.port}/v1`;
  }

  async start(): Promise<this> {
    const peer = new PeerProcess(this.program, [
      ...["--model", this.model, "--host", HOST, "--port", String(this.port), "--no-webui", "--log-disable"],
      ...["--parallel", String(this.slots), "--ctx-size", String(this.slots * SLOT_TOKENS), "--cont-batching"],
    ]);
    peer.child.stdout?.resume();
    this.#process = peer;
    for (const endMs = performance.now() + 1000 * START_SECONDS; performance.now() < endMs; await sleep(50)) {
      if (peer.hasEnded) throw peer.failure();
      const isUp = await fetch(`http://${HOST}:${this.port}/health`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isUp) return this;
    }
    throw new Error(`llama-server was not ready after ${START_SECONDS} s`);
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.#process?.child.kill("SIGKILL");
    await this.#process?.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
