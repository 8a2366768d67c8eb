import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes a folder of src/ that wraps the addon as JavaScript, for the threads and processes that a test starts: they know
 *  no TypeScript, and dist/ may be older than what is tested.
 *  @returns the address of its index */
export function emitFolder(target: string, name: string): string {
  const sources = readdirSync(join(root, "src", name)).map((file) => `${name}/${file}`);
  for (const source of [...sources, "addon.ts", "errors.ts"]) {
    const text = readFileSync(join(root, "src", source), "utf8");
    const compilerOptions = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };
    const file = join(target, "dist", source.replace(/\.ts$/, ".js"));
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, ts.transpileModule(text, { compilerOptions }).outputText);
  }
  writeFileSync(join(target, "package.json"), '{"type": "module"}');
  symlinkSync(join(root, "build"), join(target, "build"));
  return pathToFileURL(join(target, "dist", name, "index.js")).href;
}
