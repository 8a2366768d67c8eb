import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const compilerOptions = { module: ts.ModuleKind.ES2022, target: ts.ScriptTarget.ES2022 };

/** Writes a folder of src/ that wraps the addon as JavaScript, with all that it imports, for the threads and processes that
 *  a test starts: they know no TypeScript, and dist/ may be older than what is tested.
 *  @returns the address of its index */
export function emitFolder(target: string, name: string): string {
  const sources = new Set(readdirSync(join(root, "src", name)).map((file) => join(name, file)));
  // a set walks what is added on the way
  for (const source of sources) {
    const text = readFileSync(join(root, "src", source), "utf8");
    const file = join(target, "dist", source.replace(/\.ts$/, ".js"));
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, ts.transpileModule(text, { compilerOptions }).outputText);
    for (const imported of ownImports(text)) sources.add(join(source, "..", imported));
  }
  writeFileSync(join(target, "package.json"), '{"type": "module"}');
  for (const link of ["build", "node_modules"]) symlinkSync(join(root, link), join(target, link));
  return pathToFileURL(join(target, "dist", name, "index.js")).href;
}

function ownImports(text: string): string[] {
  const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
  return imports.filter((path) => path.startsWith(".")).map((path) => path.replace(/\.js$/, ".ts"));
}
