import { afterEach, expect, it, vi } from "vitest";
import { canTest } from "./wanted.js";

afterEach(() => vi.unstubAllEnvs());

it("what is left out is said, and an error where it is required", () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.stubEnv("ROWMILL_TEST_REQUIRE", "compiler,python");
  expect(canTest("terminal", false, "what a terminal shows (no script)")).toBe(false);
  expect(said.mock.calls).toEqual([["skipped: what a terminal shows (no script)"]]);
  expect(canTest("python", true, "judges")).toBe(true);
  expect(() => canTest("python", false, "judges (set ROWMILL_TEST_PYTHON)")).toThrow(
    "ROWMILL_TEST_REQUIRE names python, and it is missing: judges (set ROWMILL_TEST_PYTHON)",
  );
  said.mockRestore();
});
