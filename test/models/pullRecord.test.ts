import { copyFile, mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { embeddedModelPath } from "../../src/models/index.js";
import { hashFile, readPull, recordPull } from "../../src/models/pullRecord.js";
import { tempFolder } from "./tempHome.js";

const source = "pypi:some-model==1.0";

async function pulled(): Promise<{ folder: string; path: string }> {
  const folder = await tempFolder();
  const path = join(folder, "own.gguf");
  await copyFile(embeddedModelPath("starter"), path);
  await recordPull(folder, source);
  return { folder, path };
}

/** Changes one byte in the middle and leaves the size. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 0xff;
  await writeFile(path, bytes);
}

it("a folder without a model holds none", async () => {
  const folder = await tempFolder();
  expect(await readPull(join(folder, "nowhere"), source)).toBeNull();
  await mkdir(join(folder, "empty"));
  expect(await readPull(join(folder, "empty"), source)).toBeNull();
});

it("a pulled model is found with its hash, size and source", async () => {
  const { folder, path } = await pulled();
  const found = await readPull(folder, source);
  expect(found).toMatchObject({ source, path, bytes: (await stat(path)).size, sha256: await hashFile(path) });
});

it("a file that changed since is refused", async () => {
  const { folder, path } = await pulled();
  await damage(path);
  await expect(readPull(folder, source)).rejects.toMatchObject({
    code: "ROWMILL_MODEL_CHANGED",
    message: expect.stringMatching(/SHA-256.*models pull .*--force/),
  });
});

it("a file that was cut off since is refused", async () => {
  const { folder, path } = await pulled();
  await writeFile(path, (await readFile(path)).subarray(0, 1000));
  await expect(readPull(folder, source)).rejects.toThrow(/1000 bytes instead of/);
});

it("a change that hides behind its old time is found when asked to verify, and only then", async () => {
  const { folder, path } = await pulled();
  // whole seconds: what utimes sets is then what stat reads
  const time = new Date(1_700_000_000_000);
  await utimes(path, time, time);
  await readPull(folder, source);
  await damage(path);
  await utimes(path, time, time);
  expect(await readPull(folder, source)).not.toBeNull();
  await expect(readPull(folder, source, true)).rejects.toMatchObject({ code: "ROWMILL_MODEL_CHANGED" });
});

it("a copied file with another time passes, and its new time is kept", async () => {
  const { folder, path } = await pulled();
  const time = new Date(1_700_000_000_000);
  await utimes(path, time, time);
  expect(await readPull(folder, source)).not.toBeNull();
  const record = JSON.parse(await readFile(join(folder, "pull.json"), "utf8"));
  expect(record.files[0].mtimeMs).toBe(time.getTime());
});

it.each([
  ["cut off", '{"source": "pypi:some-mo'],
  ["empty", ""],
  ["of another form", '{"files": 3}'],
  ["of another source", JSON.stringify({ source: "pypi:other==1.0", pulledAt: "", files: [] })],
])("a record that is %s is made again from the file", async (_what, text) => {
  const { folder, path } = await pulled();
  await writeFile(join(folder, "pull.json"), text);
  expect(await readPull(folder, source)).toMatchObject({ sha256: await hashFile(path) });
  expect(JSON.parse(await readFile(join(folder, "pull.json"), "utf8"))).toMatchObject({ source });
});

it("a split model's hash covers all parts", async () => {
  const folder = await tempFolder();
  const parts = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"].map((name) => join(folder, name));
  for (const part of parts) await copyFile(embeddedModelPath("starter"), part);
  const before = await recordPull(folder, source);
  await damage(parts[1]!);
  expect((await recordPull(folder, source)).sha256).not.toBe(before.sha256);
});
