import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { builtUrl } from "../builtUrl.js";

const sources = fileURLToPath(new URL("children", import.meta.url));

/** Programs on the built job store, as JavaScript: child processes have no TypeScript. */
export class CompiledJobs implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "rowmill-children-"));

  constructor() {
    chmodSync(this.#folder, 0o755);
    writeFileSync(join(this.#folder, "package.json"), '{"type":"module"}');
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    for (const name of readdirSync(sources)) {
      const { outputText } = ts.transpileModule(readFileSync(join(sources, name), "utf8"), { compilerOptions });
      const program = outputText.replaceAll('"../../../src/', `"${builtUrl("")}`);
      writeFileSync(join(this.#folder, name.replace(/\.ts$/, ".js")), program);
    }
  }

  /** Starts `test/jobs/children/<name>.ts`.
   *  @param uid the user that it runs as, for which this process must be root */
  start(name: string, args: readonly string[], uid: number | null = null): Child {
    const script = join(this.#folder, `${name}.js`);
    const user = uid === null ? {} : { uid, gid: uid };
    return new Child(spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "pipe"], ...user }));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class Child {
  readonly process: ChildProcess;
  /** Lines that it has printed so far. */
  readonly lines: string[] = [];
  #errors = "";
  readonly #output: Interface;
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.process = child;
    this.#ended = once(child, "close");
    this.#output = createInterface({ input: child.stdout! }).on("line", (line) => this.lines.push(line));
    child.stderr!.on("data", (chunk) => {
      this.#errors += chunk;
    });
  }

  /** Resolves when so many lines with this text have come; rejects when it ends before. */
  async line(text: string, count = 1): Promise<void> {
    const ended = this.#ended.then(() => "ended");
    while (this.lines.filter((line) => line.includes(text)).length < count) {
      if ((await Promise.race([once(this.#output, "line"), ended])) === "ended") {
        throw new Error(`ended before it printed "${text}" ${count} times: ${this.#errors}`);
      }
    }
  }

  /** SIGKILL, and wait for its end. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
  }

  /** Waits for its end; rejects unless it went well. */
  async end(): Promise<readonly string[]> {
    await this.#ended;
    if (this.process.exitCode !== 0) throw new Error(`exit code ${this.process.exitCode}: ${this.#errors}`);
    return this.lines;
  }
}
