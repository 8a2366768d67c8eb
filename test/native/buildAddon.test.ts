import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const find = (program: string) =>
  (process.env.PATH ?? "")
    .split(":")
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
const cmake = find("cmake");
const compiler = find("g++") ?? find("clang++");
let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "rowmill-build-"));
  for (const part of ["CMakeLists.txt", "native", "scripts/buildAddon.mjs", "package.json"]) {
    cpSync(join(root, part), join(clone, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** Runs the build as the installation does. */
function build(env: NodeJS.ProcessEnv = {}) {
  const { ROWMILL_NO_ADDON: _, ...inherited } = process.env;
  const options = { cwd: clone, encoding: "utf8", env: { ...inherited, ...env } } as const;
  return spawnSync(process.execPath, ["scripts/buildAddon.mjs"], options);
}

/** A PATH with nothing on it but these programs. */
function pathWith(...programs: (string | undefined)[]): string {
  const folder = join(clone, "bin");
  mkdirSync(folder);
  for (const program of programs) if (program) symlinkSync(program, join(folder, program.split("/").at(-1) ?? ""));
  return folder;
}

describe("building the addon where something is missing", () => {
  it("names CMake and the compiler and what that costs, in one line, and does not fail", () => {
    const { status, stdout, stderr } = build({ PATH: pathWith() });
    expect(stdout).toMatch(/^rowmill: .*CMake.* and a C\+\+20 compiler.*once a second.*\n$/);
    expect([status, stderr]).toEqual([0, ""]);
  });

  it.skipIf(!compiler)("names only CMake where only that is missing", () => {
    const { stdout } = build({ PATH: pathWith(compiler, find("make") ?? find("ninja")) });
    expect(stdout).toMatch(/missing: CMake \(cmake\)\)/);
  });

  it.skipIf(!cmake)("names only the compiler where only that is missing", () => {
    const { stdout } = build({ PATH: pathWith(cmake) });
    expect(stdout).toMatch(/missing: a C\+\+20 compiler/);
    expect(stdout).not.toMatch(/cmake/i);
  });

  it("does no more than to note why when it is switched off", () => {
    const { status, stdout } = build({ ROWMILL_NO_ADDON: "1" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^rowmill: .*ROWMILL_NO_ADDON=1.*\n$/);
    expect(readdirSync(join(clone, "build"))).toEqual(["addon.reason"]);
  });
});

/** A PATH whose compiler does not optimise: what is tested is that the addon gets built, not how fast it is. */
function quickCompilerPath(): string {
  const folder = join(clone, "quick");
  mkdirSync(folder);
  writeFileSync(join(folder, "c++"), `#!/bin/sh\nexec ${compiler} "$@" -O0\n`, { mode: 0o755 });
  return [folder, process.env.PATH].join(delimiter);
}

const canBuild = cmake !== undefined && compiler !== undefined;
if (!canBuild) console.log("tests of building the addon were skipped: CMake or a C++ compiler is missing");

describe.skipIf(!canBuild)("building the addon", () => {
  const addon = () => join(clone, "build/Release/rowmill.node");

  it("takes Node's headers from a package, minds no stale cache, and does no work twice", () => {
    mkdirSync(join(clone, "build"));
    const cache = "CMAKE_GENERATOR:INTERNAL=No Such Generator\nCMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere\n";
    writeFileSync(join(clone, "build/CMakeCache.txt"), cache);
    // no proxy and no home: a download or a cache of headers would fail here
    const env = { HOME: join(clone, "nobody"), NVM_NODEJS_ORG_MIRROR: "http://127.0.0.1:1", PATH: quickCompilerPath() };
    const first = build(env);
    expect([first.status, first.stdout, first.stderr]).toEqual([0, "", ""]);
    expect(Object.keys(createRequire(import.meta.url)(addon()))).toContain("CounterPage");
    expect(readFileSync(join(clone, "build/compile_commands.json"), "utf8")).toMatch(/node-api-headers\/include/);
    const { mtimeMs } = statSync(addon());
    writeFileSync(join(clone, "build/addon.log"), "untouched");
    expect(build(env).stdout).toBe("");
    expect(readFileSync(join(clone, "build/addon.log"), "utf8")).toBe("untouched");
    expect(statSync(addon()).mtimeMs).toBe(mtimeMs);
  });

  it("says where the log is when the compiler refuses, and does not fail", () => {
    // wherever it begins: nothing is compiled in vain, and llama.cpp's headers are those of the build that there is
    for (const name of readdirSync(join(clone, "native"), { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".cc")) writeFileSync(join(clone, "native", name), "#error no such luck\n");
    for (const name of readdirSync(join(root, "build")))
      if (name.startsWith("llama-")) cpSync(join(root, "build", name), join(clone, "build", name), { recursive: true });
    const { status, stdout, stderr } = build();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^rowmill: native addon did not compile \(log: \S+\/build\/addon\.log\); .*\n$/);
    expect(readFileSync(join(clone, "build/addon.log"), "utf8")).toContain("no such luck");
    expect(existsSync(addon())).toBe(false);
  });
});
