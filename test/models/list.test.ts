import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { embeddedModelPath, listModels, loadCatalog, resolveModel, showModel } from "../../src/models/index.js";
import { serveFiles } from "./fileServer.js";
import { tempFolder } from "./tempHome.js";

async function homeWithOnePulled(): Promise<{ home: string; source: string; path: string }> {
  const home = await tempFolder();
  const server = await serveFiles({ "/own.gguf": await readFile(embeddedModelPath("starter")) });
  onTestFinished(() => server.close());
  const { source, path } = await resolveModel(`${server.url}/own.gguf`, { home });
  return { home, source, path };
}

it("the list is the catalogue in its order, and says which models are here", async () => {
  const home = await tempFolder();
  const listed = await listModels(home);
  expect(listed.map(({ name }) => name)).toEqual(loadCatalog(home).entries.map(({ name }) => name));
  const here = listed.filter(({ path }) => path !== null);
  expect(here.map(({ name }) => name)).toEqual(["starter"]);
  expect(here[0]).toMatchObject({ source: "embedded:starter", path: embeddedModelPath("starter"), problem: null });
  expect(here[0]?.bytes).toBeGreaterThan(5e6);
});

it("what was pulled without a name is listed by its source", async () => {
  const { home, source, path } = await homeWithOnePulled();
  await mkdir(join(home, "models", "something-else"));
  const own = (await listModels(home)).filter(({ entry }) => entry === null);
  expect(own).toMatchObject([{ name: source, source, path, problem: null }]);
});

it("a pulled file that changed is listed with its problem, and the list goes on", async () => {
  const { home, path } = await homeWithOnePulled();
  await writeFile(path, (await readFile(path)).subarray(0, 1000));
  const own = (await listModels(home)).filter(({ entry }) => entry === null);
  expect(own[0]).toMatchObject({ path: null, problem: expect.stringContaining("not the file that was pulled") });
});

it("one model is shown with its entry and what its file says", async () => {
  const home = await tempFolder();
  expect(await showModel("starter", { home })).toMatchObject({
    entry: { licence: "MIT" },
    facts: { architecture: "llama", contextLength: 2048 },
  });
  expect(await showModel("gpt-oss-20b", { home })).toMatchObject({
    entry: { name: "gpt-oss-20b" },
    path: null,
    facts: null,
  });
});

it("a model of the user's own name or path is shown, too", async () => {
  const home = await tempFolder();
  const path = embeddedModelPath("starter");
  expect(await showModel("house", { home, models: { house: path } })).toMatchObject({ entry: null, path });
  expect(await showModel(path, { home })).toMatchObject({ path, facts: { layers: 6 } });
});

it("showing a name that is none names the nearest", async () => {
  await expect(showModel("startr", { home: await tempFolder() })).rejects.toMatchObject({
    code: "ROWMILL_MODEL_NOT_FOUND",
    message: expect.stringContaining('"starter"'),
  });
});
