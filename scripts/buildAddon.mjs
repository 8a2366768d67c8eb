// Builds the C++ addon into build/Release/rowmill.node. Runs at installation and as `npm run build:addon`.
// It never fails an installation: without the addon everything works, a little less well, and one line says so.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const buildFolder = join(root, "build");
const addonFile = join(buildFolder, "Release", "rowmill.node");
const stampFile = join(buildFolder, "addon.stamp");
const logFile = join(buildFolder, "addon.log");
/** Why there is no addon, for whoever asks later: npm shows nothing of what an installation says. */
const reasonFile = join(buildFolder, "addon.reason");
const cost =
  "without it jobs run on the node-llama-cpp engine, several times slower, and progress is read once a second across processes";
const require = createRequire(import.meta.url);

/** Whether a program lies on the PATH. */
function isOnPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
}

/** What stands against building here, in a few words; null when nothing does. */
function findObstacle() {
  if (process.env.ROWMILL_NO_ADDON === "1") return "ROWMILL_NO_ADDON=1 is set";
  if (process.platform === "win32") return "the addon has no Windows build yet";
  const missing = [];
  if (!isOnPath("cmake")) missing.push("CMake (cmake)");
  if (!isOnPath("g++") && !isOnPath("clang++")) missing.push("a C++20 compiler (g++ 10+ or clang++ 14+)");
  else if (!isOnPath("ninja") && !isOnPath("make")) missing.push("make or ninja");
  return missing.length > 0 ? `missing: ${missing.join(" and ")}` : null;
}

/** All files that the addon is made of, sorted. */
function listSources() {
  const found = [join(root, "CMakeLists.txt")];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(cc|h|cmake)$/.test(entry.name)) found.push(path);
    }
  };
  walk(join(root, "native"));
  return found.sort();
}

/** Where node-llama-cpp keeps the source of its llama.cpp; the package may lie beside ours or above it. */
function findLlamaSource() {
  return join(dirname(fileURLToPath(import.meta.resolve("node-llama-cpp"))), "..", "llama");
}

/** Changes whenever the addon has to be built again. */
function computeStamp() {
  const hash = createHash("sha256");
  for (const file of listSources()) hash.update(`${relative(root, file)}\n`).update(readFileSync(file));
  for (const name of ["cmake-js", "node-addon-api"])
    hash.update(`${name} ${require(`${name}/package.json`).version}\n`);
  const llamaInfo = join(findLlamaSource(), "llama.cpp.info.json");
  hash.update(`node-llama-cpp ${existsSync(llamaInfo) ? readFileSync(llamaInfo, "utf8") : ""}\n`);
  // A moved folder invalidates CMake's cache, so the place counts too.
  const machine = [process.platform, process.arch, process.versions.modules, root];
  return hash.update(machine.join("\n")).digest("hex");
}

/** Runs cmake-js with its output in the log; whether it succeeded. */
function runCmakeJs(log, ...args) {
  const program = join(dirname(require.resolve("cmake-js/package.json")), "bin", "cmake-js");
  const common = [
    "--directory",
    root,
    "--out",
    buildFolder,
    "--config",
    "Release",
    `--CDROWMILL_LLAMA_SOURCE=${findLlamaSource()}`,
  ];
  // --parallel=N: as two words cmake-js would take N for a file
  const threads = `--parallel=${Math.max(1, availableParallelism())}`;
  const stdio = ["ignore", log, log];
  return spawnSync(process.execPath, [program, ...args, ...common, threads], { cwd: root, stdio }).status === 0;
}

function build() {
  mkdirSync(buildFolder, { recursive: true });
  const hadCache = existsSync(join(buildFolder, "CMakeCache.txt"));
  const log = openSync(logFile, "w");
  try {
    if (runCmakeJs(log, "configure") && runCmakeJs(log, "build")) return existsSync(addonFile);
    if (!hadCache) return false;
    // A cache of another compiler, generator or place: start clean, once.
    for (const leftover of ["CMakeCache.txt", "CMakeFiles"]) {
      rmSync(join(buildFolder, leftover), { recursive: true, force: true });
    }
    return runCmakeJs(log, "configure") && runCmakeJs(log, "build") && existsSync(addonFile);
  } finally {
    closeSync(log);
  }
}

function giveUp(reason) {
  console.log(`rowmill: native addon ${reason}; ${cost}.`);
  try {
    mkdirSync(buildFolder, { recursive: true });
    writeFileSync(reasonFile, reason);
  } catch {
    // a folder that can't be written: `rowmill doctor` then only says that there is none
  }
}

function main() {
  const stamp = computeStamp();
  if (existsSync(addonFile) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const obstacle = findObstacle();
  if (obstacle !== null) {
    giveUp(`not built (${obstacle})`);
    return;
  }
  rmSync(stampFile, { force: true });
  if (build()) {
    rmSync(reasonFile, { force: true });
    writeFileSync(stampFile, stamp);
    return;
  }
  rmSync(addonFile, { force: true });
  giveUp(`did not compile (log: ${logFile})`);
}

try {
  main();
} catch (error) {
  giveUp(`not built (${error instanceof Error ? error.message : error})`);
}
