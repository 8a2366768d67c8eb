// Runs a program of bench/: `node scripts/runBench.mjs rows [arguments]`. Strips the types with the project's own TypeScript; the
// output lies in dist/bench/ and uses the built sources beside it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(root, "bench"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

if (name === undefined || !names.includes(name)) {
  console.error(`usage: node scripts/runBench.mjs NAME, where NAME is one of ${names.join(", ")}`);
  process.exit(2);
}
if (!existsSync(join(root, "dist/index.js"))) {
  console.error("dist/ is missing: run `npm run build` first");
  process.exit(2);
}
mkdirSync(join(root, "dist/bench"), { recursive: true });
for (const file of names) {
  const { outputText } = ts.transpileModule(readFileSync(join(root, `bench/${file}.ts`), "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true },
  });
  writeFileSync(join(root, `dist/bench/${file}.js`), outputText.replaceAll('"../src/', '"../'));
}
const script = join(root, `dist/bench/${name}.js`);
const { status, signal } = spawnSync(process.execPath, [script, ...args], { stdio: "inherit" });
process.exitCode = signal === null ? status : 1;
