import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canTest } from "../wanted.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const runs = (program: string) => spawnSync(program, ["--version"]).status === 0;

/** Whether the C++ tests can be built here. */
export const canBuildNative = canTest(
  "compiler",
  runs("cmake") && (runs("c++") || runs("g++") || runs("clang++")),
  "the C++ tests (CMake or a C++ compiler is missing)",
);

/** Programs of test/native, built from native/ in a folder of their own, warnings being errors. */
export interface NativeBuild {
  /** Runs one; what it and the steps before it printed. */
  run(program: string, ...args: string[]): { status: number | null; output: string };
  [Symbol.dispose](): void;
}

/** @param options of CMake, "-DROWMILL_SANITIZE=ON" */
export function buildNative(programs: readonly string[], ...options: string[]): NativeBuild {
  const folder = mkdtempSync(join(tmpdir(), "rowmill-native-"));
  const steps = [
    ["-S", root, "-B", folder, "-DROWMILL_TESTS=ON", "-DROWMILL_WERROR=ON", ...options],
    ["--build", folder, "--parallel", "2", "--target", ...programs],
  ];
  let failed: { status: number | null; output: string } | null = null;
  for (const args of steps) failed ??= unlessGood(spawnSync("cmake", args, { encoding: "utf8" }));
  return {
    run: (program, ...args) => failed ?? resultOf(spawnSync(join(folder, program), args, { encoding: "utf8" })),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function resultOf({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }) {
  return { status, output: `${stdout}${stderr}` };
}

function unlessGood(step: { status: number | null; stdout: string; stderr: string }) {
  return step.status === 0 ? null : resultOf(step);
}
