// Runs a program of examples/ or bench/, TypeScript or a shell's: `node scripts/runTypeScript.mjs examples list [arguments]`. Strips the types of
// the folder's programs with the project's own TypeScript, so that no loader has to be installed; the output lies in
// dist/, beside the built sources, where `import "rowmill"` means this package.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder, name, ...args] = process.argv.slice(2);
const fail = (line) => {
  console.error(line);
  process.exit(2);
};
if (folder !== "examples" && folder !== "bench") fail("usage: node scripts/runTypeScript.mjs examples|bench NAME");
const end = ({ status, signal }) => process.exit(signal === null ? status : 1);
const files = readdirSync(join(root, folder), { recursive: true })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
const names = files.filter((file) => dirname(file) === ".");
const shellNames = readdirSync(join(root, folder)).flatMap((file) => /^(.*)\.sh$/.exec(file)?.[1] ?? []);
if (name === undefined || ![...names, ...shellNames].includes(name))
  fail(`NAME is one of ${[...names, ...shellNames].join(", ")}`);
if (!existsSync(join(root, "dist/index.js"))) fail("dist/ is missing: run `npm run build` first");
if (shellNames.includes(name)) end(spawnSync("sh", [join(root, folder, `${name}.sh`), ...args], { stdio: "inherit" }));

for (const file of files) {
  mkdirSync(join(root, "dist", folder, dirname(file)), { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(join(root, folder, `${file}.ts`), "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true },
  });
  writeFileSync(join(root, "dist", folder, `${file}.js`), outputText.replaceAll(/"((?:\.\.\/)+)src\//g, '"$1'));
}
end(spawnSync(process.execPath, [join(root, "dist", folder, `${name}.js`), ...args], { stdio: "inherit" }));
