// `npm run test:asan [TESTS]`: builds the addon with the address and undefined-behaviour sanitizers into build/asan and
// runs the engine's tests on it, or those that are named. Fails on any report. Linux and GCC: the sanitizers' runtime must
// be in the process before Node.js is.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const buildFolder = join(root, "build", "asan");
const logFile = join(buildFolder, "addon.log");
const addon = join(buildFolder, "RelWithDebInfo", "rowmill.node");
const require = createRequire(import.meta.url);
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));

function fail(line) {
  console.error(`test:asan: ${line}`);
  process.exit(1);
}

function build() {
  mkdirSync(buildFolder, { recursive: true });
  const log = openSync(logFile, "w");
  const program = join(packageFolder("cmake-js"), "bin", "cmake-js");
  const llama = join(dirname(fileURLToPath(import.meta.resolve("node-llama-cpp"))), "..", "llama");
  const args = ["--directory", root, "--out", buildFolder, "--config", "RelWithDebInfo", "--CDROWMILL_SANITIZE=ON"];
  args.push(`--CDROWMILL_LLAMA_SOURCE=${llama}`, "--CDCMAKE_CXX_COMPILER=g++", `--parallel=${availableParallelism()}`);
  const isBuilt =
    spawnSync(process.execPath, [program, "compile", ...args], { stdio: ["ignore", log, log] }).status === 0;
  closeSync(log);
  if (!isBuilt) fail(`the addon did not compile (log: ${logFile})`);
}

/** The sanitizers' runtime, and the C++ library whose exceptions it must find before Node.js hides them with its own. */
function preload() {
  const find = (name) => execFileSync("g++", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
  return ["libasan.so", "libubsan.so", "libstdc++.so.6"].map(find).join(":");
}

function runTests(tests) {
  const reports = mkdtempSync(join(tmpdir(), "rowmill-asan-"));
  const log = `log_path=${join(reports, "report")}`;
  const env = {
    ...process.env,
    ROWMILL_ADDON: addon,
    LD_PRELOAD: preload(),
    // Node.js ends without freeing what it has: leaks are looked for by the tests themselves; and that there is no memory for
    // a context is one of their subjects
    ASAN_OPTIONS: `detect_leaks=0:allocator_may_return_null=1:exitcode=99:${log}`,
    UBSAN_OPTIONS: `print_stacktrace=1:exitcode=99:${log}`,
  };
  const run = (...args) => spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" }).status;
  const isOurs =
    "const { engineObstacle } = await import('./dist/addon.js'); process.exit(engineObstacle() === null ? 0 : 1);";
  if (run("--input-type=module", "--eval", isOurs) !== 0) fail(`the addon in ${buildFolder} has no engine`);
  const status = run(join(packageFolder("vitest"), "vitest.mjs"), "run", ...tests);
  const texts = readdirSync(reports).map((name) => readFileSync(join(reports, name), "utf8"));
  rmSync(reports, { recursive: true });
  for (const text of texts) console.error(text);
  if (texts.length > 0) fail(`${texts.length} report${texts.length > 1 ? "s" : ""} of the sanitizers`);
  if (status !== 0) fail("tests failed");
}

if (process.platform !== "linux") fail("Linux alone");
const named = process.argv.slice(2);
build();
runTests(named.length > 0 ? named : ["test/engine"]);
