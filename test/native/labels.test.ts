import { describe, expect, it } from "vitest";
import { buildNative, canBuildNative } from "./nativeBuild.js";

describe.skipIf(!canBuildNative)("what finds and scores the labels of fields", () => {
  it("passes its tests under the address and undefined-behaviour sanitizers", () => {
    const build = buildNative(["labels_test"], "-DROWMILL_SANITIZE=ON");
    const { status, output } = build.run("labels_test");
    expect(output).toContain("all passed");
    expect(status).toBe(0);
  });
});
