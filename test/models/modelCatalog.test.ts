import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { catalogNames, findInCatalog, loadCatalog, parseModelSource } from "../../src/models/index.js";
import { nearestNames } from "../../src/nearestName.js";
import { tempFolder } from "./tempHome.js";

const expected = [
  ..."starter smollm2-135m gpt-oss-20b gpt-oss-20b-thinking gpt-oss-20b-no-thinking gpt-oss-120b gpt-oss-120b-thinking gpt-oss-120b-no-thinking".split(
    " ",
  ),
  ...["2b", "27b", "35b-a3b", "122b-a10b"].flatMap((size) => [`qwen-3.5-${size}`, `qwen-3.5-${size}-thinking`]),
  ..."nemotron-3-nano-30b-a3b nemotron-3-super-120b-a12b gemma-4-26b-a4b-it gemma-4-31b-it".split(" "),
  ..."llama-3.1-8b llama-3.3-70b qwen-3-0.6b qwen-3-1.7b qwen-3-4b qwen-3-8b".split(" "),
  ..."embeddinggemma-300m qwen-3-embedding-0.6b qwen-3-embedding-4b qwen-3-embedding-8b".split(" "),
];

async function homeWith(models: unknown): Promise<string> {
  const home = await tempFolder();
  await writeFile(join(home, "models.json"), typeof models === "string" ? models : JSON.stringify({ models }));
  return home;
}

it.each(expected)("the catalogue knows %s", async (name) => {
  expect(findInCatalog(loadCatalog(await tempFolder()), name)).not.toBeNull();
});

it("every entry has sources that parse, and says where its price and its sources come from", async () => {
  const { entries } = loadCatalog(await tempFolder());
  for (const entry of entries) {
    expect(entry.sources.map((source) => parseModelSource(source).uri)).toEqual(entry.sources);
    expect(entry.priceSource, entry.name).not.toBe("not set");
    expect(entry.sourceNote, entry.name).not.toBe("");
    expect(entry.parameters, entry.name).toBeGreaterThan(entry.activeParameters ?? 0);
    expect(entry.contextLength, entry.name).toBeGreaterThan(0);
    expect(entry.licence, entry.name).not.toBeNull();
  }
});

it("no name, alias or variant is used twice", async () => {
  const names = catalogNames(loadCatalog(await tempFolder()));
  expect(new Set(names).size).toBe(names.length);
});

it("a thinking variant is the same file with other arguments for the template", async () => {
  const catalog = loadCatalog(await tempFolder());
  const plain = findInCatalog(catalog, "qwen-3.5-27b");
  const thinking = findInCatalog(catalog, "qwen-3.5-27b-thinking");
  expect(thinking?.entry).toBe(plain?.entry);
  expect(plain?.entry.templateArguments).toEqual({ enable_thinking: false });
  expect(thinking?.variant?.templateArguments).toEqual({ enable_thinking: true });
});

it("names are found whatever their case", async () => {
  expect(findInCatalog(loadCatalog(await tempFolder()), "GPT-OSS-20B")?.entry.name).toBe("gpt-oss-20b");
});

it("a home's models.json adds an entry that needs only a name and sources", async () => {
  const home = await homeWith([{ name: "house-7b", sources: ["pypi:house-model==2.0"] }]);
  const found = findInCatalog(loadCatalog(home), "house-7b");
  expect(found?.entry).toMatchObject({ kind: "text", pricePerMillionTokens: null, confirmed: false });
});

it("a home's models.json changes only the fields that it gives", async () => {
  const price = { input: 1.5, output: 3 };
  const home = await homeWith([{ name: "gpt-oss-20b", pricePerMillionTokens: price }]);
  const packaged = findInCatalog(loadCatalog(await tempFolder()), "gpt-oss-20b")?.entry;
  expect(findInCatalog(loadCatalog(home), "gpt-oss-20b")?.entry).toEqual({ ...packaged, pricePerMillionTokens: price });
});

it.each([
  ["text that is no JSON", "{", /models\.json/],
  ["an entry without sources", [{ name: "new-1b" }], /new-1b.*sources/],
  ["a source that is none", [{ name: "new-1b", sources: ["pypi:--index-url==1"] }], /not a model source/],
  ["a field that does not exist", [{ name: "new-1b", sources: ["embedded:starter"], licence: "MIT", size: 3 }], /size/],
  [
    "a name that is taken",
    [{ name: "new-1b", aliases: ["starter"], sources: ["embedded:starter"] }],
    /"starter".*twice/,
  ],
])("a home's models.json with %s is one clear error", async (_what, models, message) => {
  const home = await homeWith(models);
  expect(() => loadCatalog(home)).toThrow(expect.objectContaining({ code: "ROWMILL_INVALID_CATALOG" }));
  expect(() => loadCatalog(home)).toThrow(message);
  expect(() => loadCatalog(home)).not.toThrow(/\n/);
});

it("a mistyped name is answered with the nearest known ones, a foreign one with none", async () => {
  const names = catalogNames(loadCatalog(await tempFolder()));
  expect(nearestNames("gpt-os-20b", names)[0]).toBe("gpt-oss-20b");
  expect(nearestNames("lama-3.1-8b", names)[0]).toBe("llama-3.1-8b");
  expect(nearestNames("xyzzy", names)).toEqual([]);
});
