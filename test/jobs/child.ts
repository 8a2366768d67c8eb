import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The job store as JavaScript, for child processes, which have no TypeScript. */
export class CompiledJobs implements Disposable {
  // beside the packages, so that the compiled files find them
  readonly #folder: string;

  constructor() {
    const cache = join(root, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    this.#folder = mkdtempSync(join(cache, "jobs-"));
    chmodSync(this.#folder, 0o755);
    writeFileSync(join(this.#folder, "package.json"), '{"type":"module"}');
    // what the folders share lies above them
    const folders = ["src", "src/jobs", "test/jobs/children"];
    const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)));
    for (const file of files) if (file.endsWith(".ts")) this.#compile(file);
  }

  /** Starts `test/jobs/children/<name>.ts`.
   *  @param uid the user that it runs as, for which this process must be root */
  start(name: string, args: readonly string[], uid: number | null = null): Child {
    const script = join(this.#folder, "test/jobs/children", `${name}.js`);
    const user = uid === null ? {} : { uid, gid: uid };
    return new Child(spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "pipe"], ...user }));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #compile(file: string): void {
    const target = join(this.#folder, relative(root, file).replace(/\.ts$/, ".js"));
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText);
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
