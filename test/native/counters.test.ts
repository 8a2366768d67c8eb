import { describe, expect, it } from "vitest";
import { buildNative, canBuildNative } from "./nativeBuild.js";

describe.skipIf(!canBuildNative)("the counters below the binding", () => {
  it("pass their own tests under the address and undefined-behaviour sanitizers", () => {
    const build = buildNative(["counters_test"], "-DROWMILL_SANITIZE=ON");
    const { status, output } = build.run("counters_test");
    expect(output).toContain("all passed");
    expect(status).toBe(0);
  });
});
