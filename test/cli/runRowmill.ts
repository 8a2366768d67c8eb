import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endRunner } from "../endRunner.js";
import { removeFolder } from "../removeFolder.js";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started command: `seen` waits for a text on stderr. */
export interface Started {
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly seen: (text: string) => Promise<void>;
}

/** A folder with a home, whose runner stays warm between a test's jobs and ends with the desk, and with the files of a test. */
export class Desk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "rowmill-cli-"));
  readonly home = join(this.folder, "home");

  constructor(config: object = {}) {
    mkdirSync(this.home);
    this.write("home/config.json", JSON.stringify(config));
  }

  /** @returns the file's path */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  start(...words: string[]): Started {
    return this.#start(words, false);
  }

  /** Runs it with a text on its standard input. */
  feed(input: string | Uint8Array, ...words: string[]): Promise<Ended> {
    return this.#start(words, false, input).ended;
  }

  /** Runs it with a stdout that nobody reads, closed before the first line. */
  pipeToNobody(...words: string[]): Promise<Ended> {
    return this.#start(words, true).ended;
  }

  #start(words: readonly string[], isClosed: boolean, input?: string | Uint8Array): Started {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: this.folder,
      env: { ...process.env, ROWMILL_HOME: this.home, NO_COLOR: "1", FORCE_COLOR: undefined },
      stdio: "pipe",
    });
    // a command that ends early leaves what it has not read
    child.stdin.on("error", () => {}).end(input);
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    if (isClosed) child.stdout.destroy();
    const closed = once(child, "close");
    return {
      ended: closed.then(([code]) => ({ code: code as number | null, ...output })),
      kill: (signal) => void child.kill(signal),
      seen: async (text) => {
        const isOver = closed.then(() => true);
        while (!output.stderr.includes(text)) {
          const next = await Promise.race([once(child.stderr, "data"), isOver]);
          if (next === true && !output.stderr.includes(text))
            throw new Error(`ended without "${text}": ${output.stderr}`);
        }
      },
    };
  }

  run(...words: string[]): Promise<Ended> {
    return this.start(...words).ended;
  }

  /** What the command prints with --json; a failure is an error. */
  async json<T>(...words: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...words, "--json");
    if (code !== 0) throw new Error(`rowmill ${words.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  [Symbol.dispose](): void {
    endRunner(this.home);
    // it may write its last lines yet
    removeFolder(this.folder);
  }
}
