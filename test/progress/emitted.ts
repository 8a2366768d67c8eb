import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Writes src/progress as JavaScript into a folder, for the threads and processes that a test starts: they know no
 *  TypeScript, and dist/ may be older than what is tested.
 *  @returns the address of its index */
export function emitProgress(folder: string): string {
  const sources = readdirSync(join(root, "src/progress")).map((name) => `progress/${name}`);
  for (const source of [...sources, "addon.ts", "errors.ts"]) {
    const text = readFileSync(join(root, "src", source), "utf8");
    const compilerOptions = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
    const target = join(folder, "dist", source.replace(/\.ts$/, ".js"));
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, ts.transpileModule(text, { compilerOptions }).outputText);
  }
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  symlinkSync(join(root, "build"), join(folder, "build"));
  return pathToFileURL(join(folder, "dist/progress/index.js")).href;
}
