import { type ChildProcess, spawn } from "node:child_process";
import { InputError } from "../../src/errors.js";

/** How long a program may take to end once it is asked to. */
const END_MS = 5_000;
/** Of what it says on standard error, the end that is kept. */
const KEPT_CHARACTERS = 4_000;

/** llama.cpp rounds a sequence's cells up to this. */
const CELL_STEP = 256;

/** The cells that a sequence of so many tokens is given. */
export const wholeCells = (tokens: number): number => Math.ceil(tokens / CELL_STEP) * CELL_STEP;

/** A peer's program, ended with this object and, whatever happens, with this process. */
export class PeerProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Settles when it has ended and said all that it had to say, however it went. */
  readonly ended: Promise<void>;
  #said = "";
  #failure: Error | null = null;
  readonly #kill = () => this.child.kill("SIGKILL");

  constructor(
    private readonly program: string,
    args: readonly string[],
  ) {
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", this.#kill);
    this.ended = new Promise((resolve) => {
      this.child.on("close", () => resolve());
      this.child.on("error", (error) => {
        this.#failure = error;
        resolve();
      });
    });
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.#said = (this.#said + bytes.toString()).slice(-KEPT_CHARACTERS);
    });
  }

  get hasEnded(): boolean {
    return this.#failure !== null || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** What to say of a program that ended before its time. */
  failure(): InputError {
    const { exitCode, signalCode } = this.child;
    const last = this.#said.trim().split("\n").at(-1) ?? "";
    const why = this.#failure?.message ?? `${signalCode ?? `exit code ${exitCode}`}: ${last}`;
    return new InputError("ROWMILL_BENCH_PEER_FAILED", `${this.program} failed (${why})`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener("exit", this.#kill);
    if (this.hasEnded) return;
    this.child.kill("SIGTERM");
    const timer = setTimeout(this.#kill, END_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
