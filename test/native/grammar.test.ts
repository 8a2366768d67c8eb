import { describe, expect, it } from "vitest";
import { buildNative, canBuildNative } from "./nativeBuild.js";

/** Optimised a little: what the sanitizers make of it runs twice as fast then, and compiles hardly slower. */
const QUICK = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1"];

describe.skipIf(!canBuildNative)("the grammar below the binding", () => {
  it("passes its tests under the address and undefined-behaviour sanitizers", () => {
    const build = buildNative(["grammar_test", "random_test", "fuzz"], "-DROWMILL_SANITIZE=ON", ...QUICK);
    // masks of random grammars against a reference that tries everything, then damaged tables
    for (const [program, count] of [
      ["grammar_test", ""],
      ["random_test", "150"],
      ["fuzz", "5000"],
    ] as const) {
      const { status, output } = build.run(program, count);
      expect(output).toContain("all passed");
      expect(status).toBe(0);
    }
  });

  it("has no data race when many threads share one grammar", () => {
    const build = buildNative(["grammar_test"], "-DROWMILL_SANITIZE=thread", ...QUICK);
    const { status, output } = build.run("grammar_test");
    expect(output).toContain("all passed");
    expect(status).toBe(0);
  });
});
