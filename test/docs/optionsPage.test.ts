import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("docs/options.md is what the source says", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/optionsPage.mjs", "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
