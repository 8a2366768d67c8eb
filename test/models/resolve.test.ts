import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { embeddedModelPath, resolveModel } from "../../src/models/index.js";
import { tempFolder, withEnvironment } from "./tempHome.js";

const starter = embeddedModelPath("starter");
let home: string;

beforeAll(() => {
  home = join(homedir(), "no-such-rowmill-home");
});

it("the embedded model needs no network, and its hash is known", async () => {
  const found = await resolveModel("starter", { home, offline: true });
  expect(found).toMatchObject({
    name: "starter",
    path: starter,
    source: "embedded:starter",
    entry: { name: "starter" },
  });
  expect(found.sha256).toMatch(/^[0-9a-f]{64}$/);
});

it("a path is taken absolute, relative and from the user's home folder", async () => {
  const folder = await tempFolder();
  const path = join(folder, "own.gguf");
  await copyFile(starter, path);
  withEnvironment({ HOME: folder, USERPROFILE: folder });
  for (const text of [path, relative(process.cwd(), path), "~/own.gguf"]) {
    expect(await resolveModel(text, { home, offline: true })).toMatchObject({
      name: text,
      path,
      entry: null,
      sha256: null,
    });
  }
});

it("the user's own names stand for paths, sources and catalogue names, before the catalogue's", async () => {
  const path = join(await tempFolder(), "own.gguf");
  await copyFile(starter, path);
  const models = { house: path, embedded: "embedded:starter", "gpt-oss-20b": path, tiny: "starter" };
  for (const [name, expected] of Object.entries({
    house: path,
    embedded: starter,
    "gpt-oss-20b": path,
    tiny: starter,
  })) {
    expect(await resolveModel(name, { home, models, offline: true })).toMatchObject({ name, path: expected });
  }
});

it("an own name that an object inherits is not taken for one", async () => {
  await expect(resolveModel("toString", { home, models: {}, offline: true })).rejects.toMatchObject({
    code: "ROWMILL_MODEL_NOT_FOUND",
  });
});

it("a variant's template arguments and the beginning of its answer come with it", async () => {
  const own = await tempFolder();
  const variants = [{ name: "house-thinking", templateArguments: { enable_thinking: true }, answerPrefix: "<think>" }];
  const entry = {
    name: "house",
    sources: ["embedded:starter"],
    templateArguments: { enable_thinking: false },
    variants,
  };
  await writeFile(join(own, "models.json"), JSON.stringify({ models: [entry] }));
  expect(await resolveModel("house", { home: own })).toMatchObject({
    templateArguments: { enable_thinking: false },
    answerPrefix: null,
  });
  expect(await resolveModel("house-thinking", { home: own })).toMatchObject({
    path: starter,
    templateArguments: { enable_thinking: true },
    answerPrefix: "<think>",
  });
});

it("an unknown name is answered with the nearest known and own names", async () => {
  const rejected = resolveModel("gpt-os-20b", { home, models: { "gpt-ons-20b": starter } });
  await expect(rejected).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND" });
  await expect(rejected).rejects.toThrow(/"gpt-oss-20b"/);
  await expect(rejected).rejects.toThrow(/"gpt-ons-20b"/);
});

it.each(["offline", "download"] as const)("missing and %s is an error that says how to go on", async (option) => {
  const rejected = resolveModel("qwen-3-0.6b", { home, [option]: option === "offline" });
  await expect(rejected).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND", exitCode: 2 });
  await expect(rejected).rejects.toThrow(/`npx rowmill --home \S+ models pull qwen-3-0\.6b/);
  await expect(rejected).rejects.toThrow(/model: "starter"/);
  await expect(rejected).rejects.toThrow(/hf:Qwen\/Qwen3-0\.6B-GGUF:Q8_0/);
});

it("a file that is not there is named", async () => {
  await expect(resolveModel("./nowhere.gguf", { home })).rejects.toMatchObject({
    code: "ROWMILL_MODEL_NOT_FOUND",
    message: expect.stringContaining(join(process.cwd(), "nowhere.gguf")),
  });
});

it.each([
  ["text", "just some text"],
  ["an empty file", ""],
  ["three bytes", "GGU"],
])("%s with the name of a model is no model", async (_what, content) => {
  const path = join(await tempFolder(), "fake.gguf");
  await writeFile(path, content);
  await expect(resolveModel(path, { home })).rejects.toMatchObject({ code: "ROWMILL_NOT_A_MODEL" });
});

it("a folder with the name of a model is no model", async () => {
  const path = join(await tempFolder(), "folder.gguf");
  await mkdir(path);
  await expect(resolveModel(path, { home })).rejects.toMatchObject({ code: "ROWMILL_NOT_A_MODEL" });
});

it("any part of a split model stands for the first one, and a missing part is named", async () => {
  const folder = await tempFolder();
  const parts = [1, 2, 3].map((part) => join(folder, `big-0000${part}-of-00003.gguf`));
  await copyFile(starter, parts[0]!);
  await copyFile(starter, parts[2]!);
  await expect(resolveModel(parts[2]!, { home })).rejects.toThrow(/big-00002-of-00003\.gguf.*3 parts/);
  await copyFile(starter, parts[1]!);
  expect(await resolveModel(parts[2]!, { home })).toMatchObject({ path: parts[0] });
});
