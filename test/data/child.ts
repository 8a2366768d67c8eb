import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs programs in processes of their own, which have no TypeScript: compiles the sources for one test file, beside the
 *  packages so that they are found, and removes them afterwards.
 *  @returns a function that runs a program, the body of a module whose imports of "src/…" are these sources; resolves to what
 *    it printed as JSON. `limits` stands before it in the shell: "ulimit -f 100" */
export function compiledSources(): (program: string, limits?: string) => Promise<unknown> {
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "data-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  // what the folders share lies above them
  const files = ["src", "src/data", "src/results"].flatMap((part) =>
    readdirSync(join(root, part)).map((name) => join(part, name)),
  );
  for (const file of files) if (file.endsWith(".ts")) compile(file, folder);
  return async (program, limits = "true") => {
    const script = join(folder, "program.js");
    writeFileSync(script, program.replaceAll('"src/', '"./src/'));
    return await new Promise((resolve, reject) => {
      execFile("bash", ["-c", `${limits} && exec "$0" "$1"`, process.execPath, script], (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`the program failed: ${stderr}`, { cause: error }));
        else resolve(JSON.parse(stdout));
      });
    });
  };
}

function compile(file: string, folder: string): void {
  const { outputText } = ts.transpileModule(readFileSync(join(root, file), "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true },
  });
  const target = join(folder, file.replace(/\.ts$/, ".js"));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
}
