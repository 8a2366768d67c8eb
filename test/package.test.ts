import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

/** What the tarball holds, built or not. */
function packedFiles(): string[] {
  const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(
    execFileSync("npm", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  ) as [{ files: { path: string }[] }];
  return packed.files.map(({ path }) => path);
}

test("the package holds whatever its pages link to", () => {
  const files = packedFiles();
  const pages = files.filter((path) => path.endsWith(".md"));
  expect(pages).toContain("README.md");
  const missing = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link.split("#")[0] as string)
      .filter((link) => link !== "" && !/^\w+:/.test(link))
      .map((link) => posix.join(posix.dirname(page), link))
      .filter((target) => !files.some((path) => path === target || path.startsWith(`${target}/`)))
      .map((target) => `${page} → ${target}`),
  );
  expect(missing).toEqual([]);
});
