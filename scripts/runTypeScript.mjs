// Runs a program of examples/ or bench/, TypeScript or a shell's: `node scripts/runTypeScript.mjs examples list [arguments]`. Strips the types of
// the folder's programs with the project's own TypeScript, so that no loader has to be installed; the output lies in
// dist/, beside the built sources, where `import "rowmill"` means this package.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder, name, ...args] = process.argv.slice(2);
const fail = (line) => {
  console.error(line);
  process.exit(2);
};
if (folder !== "examples" && folder !== "bench") fail("usage: node scripts/runTypeScript.mjs examples|bench NAME");
const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0;
// a file that was put in the place of another may have been written long before
const isStale = (source, target) => changedAt(source) > changedAt(target);
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

const stale = files.filter((file) =>
  isStale(join(root, folder, `${file}.ts`), join(root, "dist", folder, `${file}.js`)),
);
// TypeScript takes longer to load than most programs take to run
if (stale.length > 0) {
  const { default: ts } = await import("typescript");
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
    verbatimModuleSyntax: true,
  };
  for (const file of stale) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, folder, `${file}.ts`), "utf8"), {
      compilerOptions,
    });
    const target = join(root, "dist", folder, `${file}.js`);
    mkdirSync(dirname(target), { recursive: true });
    // another program may be reading it
    writeFileSync(`${target}.${process.pid}`, outputText.replaceAll(/"((?:\.\.\/)+)src\//g, '"$1'));
    renameSync(`${target}.${process.pid}`, target);
  }
}
end(spawnSync(process.execPath, [join(root, "dist", folder, `${name}.js`), ...args], { stdio: "inherit" }));
