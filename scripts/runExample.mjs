// Runs an example: `npm run example -- list [arguments]`. Strips the types with the project's own TypeScript, so that no
// loader has to be installed; the output lies in dist/, where `import "rowmill"` means this package.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example -- NAME, where NAME is one of ${names.join(", ")}`);
  process.exit(2);
}
if (!existsSync(join(root, "dist/index.js"))) {
  console.error("dist/ is missing: run `npm run build` first");
  process.exit(2);
}
const { outputText } = ts.transpileModule(readFileSync(join(root, `examples/${name}.ts`), "utf8"), {
  compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true },
});
const script = join(root, `dist/examples/${name}.js`);
mkdirSync(join(root, "dist/examples"), { recursive: true });
writeFileSync(script, outputText);
const { status, signal } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
process.exitCode = signal === null ? status : 1;
