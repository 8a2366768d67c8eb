// Makes a clone ready to be used by others: npm runs it where the clone is installed as a folder (`npm install FOLDER`, which
// links it) and before it is packed. The clone need not have been touched before: what it is built with is installed first.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const isPack = process.argv.includes("--pack");
const isGlobal = process.env.npm_config_global === "true";
// `npm ci` in the clone itself: whoever works on it builds when there is something to build
const isOwnInstall = process.env.INIT_CWD === root && !isGlobal;

/** npm's own settings without those of the command that has started this. */
function plainEnvironment() {
  const ofCommand =
    /^(npm_(package|lifecycle|command)|INIT_CWD$|npm_config_(global|prefix|local_prefix|location|save|omit|include|production|dry_run|pack_destination|json|install_links|ignore_scripts)(_|$))/i;
  const kept = Object.entries(process.env).filter(([name]) => !ofCommand.test(name));
  return { ...Object.fromEntries(kept), ROWMILL_PREPARING: "1" };
}

/** npm's output goes to stderr: `npm pack` has its own on stdout. */
function npm(...words) {
  const own = process.env.npm_execpath;
  const [program, args] = own?.endsWith(".js") ? [process.execPath, [own, ...words]] : ["npm", words];
  const stdio = ["ignore", process.stderr, process.stderr];
  const { status, error } = spawnSync(program, args, { cwd: root, env: plainEnvironment(), stdio });
  if (status === 0) return;
  console.error(`rowmill: \`npm ${words.join(" ")}\` failed in ${root}${error ? `: ${error.message}` : ""}`);
  process.exit(1);
}

if (process.env.ROWMILL_PREPARING !== "1" && existsSync(join(root, "src")) && (isPack || !isOwnInstall)) {
  if (!existsSync(join(root, "node_modules", "typescript"))) npm("ci");
  npm("run", "build");
}
