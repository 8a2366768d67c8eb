import { describe, expect, it } from "vitest";
import { buildNative, canBuildNative } from "./nativeBuild.js";

describe.skipIf(!canBuildNative)("the sampler of the native engine", () => {
  it("passes its tests under the address and undefined-behaviour sanitizers", () => {
    const build = buildNative(["sampling_test"], "-DROWMILL_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=Release");
    const { status, output } = build.run("sampling_test", "3000");
    expect(output).toContain("all passed");
    expect(status).toBe(0);
  });
});
