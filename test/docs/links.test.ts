import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, linksOf, PAGES, readPage } from "./pages.js";

/** What npm packs. */
function packedFiles(): Set<string> {
  const words = ["pack", "--dry-run", "--ignore-scripts", "--json"];
  const [packed] = JSON.parse(execFileSync("npm", words, { encoding: "utf8" })) as [{ files: { path: string }[] }];
  return new Set(packed.files.map(({ path }) => path));
}

const isPacked = (path: string, packed: Set<string>): boolean =>
  packed.has(path) || [...packed].some((file) => file.startsWith(`${path.replace(/\/$/, "")}/`));

describe.for(PAGES)("%s", (page) => {
  const links = linksOf(readPage(page)).map(({ path, anchor }) => ({
    target: path === "" ? page : join(page, "..", path),
    anchor,
  }));

  it("links to files that are there", () => {
    expect(links.map(({ target }) => target).filter((target) => !existsSync(target))).toEqual([]);
  });

  it("links to headings that are there", () => {
    const anchored = links.filter(({ target, anchor }) => anchor !== "" && target.endsWith(".md"));
    const missing = anchored.filter(({ target, anchor }) => !anchorsOf(readPage(target)).includes(anchor));
    expect(missing).toEqual([]);
  });
});

it("pages in the package link to what is in the package", () => {
  const packed = packedFiles();
  const pages = PAGES.filter((page) => packed.has(page));
  expect(pages).toContain("README.md");
  const missing = pages.flatMap((page) =>
    linksOf(readPage(page))
      .map(({ path }) => (path === "" ? page : join(page, "..", path)))
      .filter((target) => !isPacked(target, packed))
      .map((target) => `${page} → ${target}`),
  );
  expect(missing).toEqual([]);
});

it("every page is reached from the README", () => {
  const reached = new Set<string>();
  const follow = (page: string): void => {
    if (reached.has(page) || !page.endsWith(".md")) return;
    reached.add(page);
    for (const { path } of linksOf(readPage(page))) if (path !== "") follow(join(page, "..", path));
  };
  follow("README.md");
  expect(PAGES.filter((page) => page !== "CONTRIBUTING.md" && !reached.has(page))).toEqual([]);
});

it("the README has at most 1,000 words", () => {
  const words = readPage("README.md").split(/\s+/).filter(Boolean);
  expect(words.length).toBeLessThanOrEqual(1000);
});
