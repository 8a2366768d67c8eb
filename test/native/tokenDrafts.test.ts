import { describe, expect, it } from "vitest";
import { buildNative, canBuildNative } from "./nativeBuild.js";

describe.skipIf(!canBuildNative)(
  "what finds the places that an output copies from, and how many tokens it drafts",
  () => {
    it("passes its tests under the address and undefined-behaviour sanitizers", () => {
      const build = buildNative(["token_drafts_test"], "-DROWMILL_SANITIZE=ON");
      const { status, output } = build.run("token_drafts_test");
      expect(output).toContain("all passed");
      expect(status).toBe(0);
    });
  },
);
