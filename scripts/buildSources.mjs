// Compiles src/ into dist/. Where dist/ was made from the sources as they are it costs a few milliseconds: `npm run build` and
// whoever starts tests calls it each time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stampFile = join(root, "dist", "sources.stamp");
const commandFile = join(root, "dist", "cli", "main.js");
const require = createRequire(import.meta.url);

/** Changes whenever src/ has to be compiled again. */
function computeStamp() {
  const hash = createHash("sha256");
  const sources = readdirSync(join(root, "src"), { recursive: true }).filter((name) => name.endsWith(".ts"));
  const files = ["tsconfig.json", "tsconfig.build.json", ...sources.map((name) => join("src", name)).sort()];
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.update(require("typescript/package.json").version).digest("hex");
}

const stamp = computeStamp();
const isFresh = existsSync(commandFile) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
if (!isFresh) {
  rmSync(stampFile, { force: true });
  const args = [require.resolve("typescript/lib/tsc.js"), "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error("rowmill: src/ does not compile, and dist/ is not what it says");
    process.exit(status ?? 1);
  }
  chmodSync(commandFile, 0o755);
  writeFileSync(stampFile, stamp);
}
