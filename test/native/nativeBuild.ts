import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
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

/** Programs of test/native, built from native/ with warnings being errors. */
export interface NativeBuild {
  /** Runs one; what it and the steps before it printed. */
  run(program: string, ...args: string[]): { status: number | null; output: string };
}

/** Builds in a folder that stays, so that the next run compiles what has changed.
 *  @param options of CMake, "-DROWMILL_SANITIZE=ON" */
export function buildNative(programs: readonly string[], ...options: string[]): NativeBuild {
  // a build that was moved is of no use
  const key = createHash("sha256")
    .update([root, ...programs, ...options].join("\n"))
    .digest("hex");
  const folder = join(root, "build", "tests", `${programs[0]}-${key.slice(0, 8)}`);
  const cmake = (...args: string[]) => resultOf(spawnSync("cmake", args, { encoding: "utf8" }));
  const configure = () => {
    mkdirSync(folder, { recursive: true });
    return cmake("-S", root, "-B", folder, "-DROWMILL_TESTS=ON", "-DROWMILL_WERROR=ON", ...options);
  };
  let step = configure();
  if (step.status !== 0) {
    // it may be of a compiler that is gone
    rmSync(folder, { recursive: true });
    step = configure();
  }
  if (step.status === 0) step = cmake("--build", folder, "--parallel", "2", "--target", ...programs);
  return {
    run: (program, ...args) =>
      step.status === 0 ? resultOf(spawnSync(join(folder, program), args, { encoding: "utf8" })) : step,
  };
}

function resultOf({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }) {
  return { status, output: `${stdout}${stderr}` };
}
