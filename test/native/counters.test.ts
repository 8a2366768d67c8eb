import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];

/** Builds native/ with its C++ tests, warnings being errors, and runs them. */
function buildAndRun(...options: string[]): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-native-"));
  folders.push(folder);
  const steps: [string, string[]][] = [
    ["cmake", ["-S", root, "-B", folder, "-DROWMILL_TESTS=ON", "-DROWMILL_WERROR=ON", ...options]],
    ["cmake", ["--build", folder, "--parallel", "2"]],
    [join(folder, "counters_test"), []],
  ];
  let output = "";
  for (const [program, args] of steps) {
    const step = spawnSync(program, args, { encoding: "utf8" });
    output += `${step.stdout}${step.stderr}`;
    if (step.status !== 0) return { status: step.status, output };
  }
  return { status: 0, output };
}

const runs = (program: string) => spawnSync(program, ["--version"]).status === 0;
const canBuild = runs("cmake") && (runs("c++") || runs("g++") || runs("clang++"));
if (!canBuild) console.log("the C++ tests were skipped: CMake or a C++ compiler is missing");

describe.skipIf(!canBuild)("the C++ below the binding", () => {
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it("passes its own tests under the address and undefined-behaviour sanitizers", { timeout: 300_000 }, () => {
    const { status, output } = buildAndRun("-DROWMILL_SANITIZE=ON");
    expect(output).toContain("all passed");
    expect(status).toBe(0);
  });
});
