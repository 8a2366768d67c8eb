import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { embeddedModelPath, type PullProgress, parseModelSource, resolveModel } from "../../src/models/index.js";
import { hashFile } from "../../src/models/pullRecord.js";
import { sourceFolder } from "../../src/models/source.js";
import { type FileServer, type Served, serveFiles } from "./fileServer.js";
import { tempFolder, withEnvironment } from "./tempHome.js";

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

interface LockHolder {
  readonly release: () => void;
}

/** Another process that holds a pull's lock. */
async function holdLock(path: string): Promise<LockHolder> {
  const holder = spawn(process.execPath, [
    "-e",
    `const lockfile = require(${JSON.stringify(createRequire(import.meta.url).resolve("proper-lockfile"))});
     lockfile.lock(process.argv[1], { lockfilePath: process.argv[1], realpath: false }).then((release) => {
       console.log("held");
       process.stdin.once("data", () => release().then(() => process.exit()));
     });`,
    path,
  ]);
  onTestFinished(() => void holder.kill());
  await once(holder.stdout, "data");
  return { release: () => void holder.stdin.write("go on\n") };
}

async function modelFolders(home: string): Promise<string[]> {
  return (await readdir(join(home, "models"))).filter((name) => !name.startsWith("."));
}

it("an URL is downloaded once, hashed, and found again without a network", async () => {
  const home = await tempFolder();
  const server = await serverWith({ "/m/own.gguf": starter });
  const progress: PullProgress[] = [];
  const first = await resolveModel(`${server.url}/m/own.gguf`, { home, onProgress: (p) => progress.push(p) });
  expect(first).toMatchObject({ sha256: starterHash, source: `${server.url}/m/own.gguf`, entry: null });
  expect(await hashFile(first.path)).toBe(starterHash);
  expect(progress.at(-1)).toEqual({ file: "own.gguf", bytesDone: starter.length, bytesTotal: starter.length });
  await server.close();
  expect(await resolveModel(`${server.url}/m/own.gguf`, { home, offline: true })).toEqual(first);
});

it("a hub's quantization is looked up and downloaded from the endpoint that is set", async () => {
  const home = await tempFolder();
  const server = await serverWith({
    "/v2/user/repo-GGUF/manifests/Q8_0": JSON.stringify({ ggufFile: { rfilename: "repo.Q8_0.gguf" } }),
    "/user/repo-GGUF/resolve/main/repo.Q8_0.gguf": starter,
    "/": "a hub",
  });
  withEnvironment({ HF_ENDPOINT: server.url, MODEL_ENDPOINT: undefined });
  const found = await resolveModel("hf:user/repo-GGUF:Q8_0", { home });
  expect(found.sha256).toBe(starterHash);
  expect(server.requests).toContain("GET /v2/user/repo-GGUF/manifests/Q8_0");
});

it("all parts of a split model are downloaded, and the first is the one to load", async () => {
  const home = await tempFolder();
  const other = Buffer.concat([starter, Buffer.from("more")]);
  const server = await serverWith({ "/big-00001-of-00002.gguf": starter, "/big-00002-of-00002.gguf": other });
  const found = await resolveModel(`${server.url}/big-00001-of-00002.gguf`, { home });
  expect(found.path).toMatch(/big-00001-of-00002\.gguf$/);
  expect(other.equals(await readFile(found.path.replace(/00001-of-00002\.gguf$/, "00002-of-00002.gguf")))).toBe(true);
});

it("the first source that answers is used, and when none does every error is told in one line", async () => {
  const home = await tempFolder();
  const server = await serverWith({ "/there.gguf": starter, "/page.gguf": "<html>no model</html>" });
  const entry = (sources: string[]) => JSON.stringify({ models: [{ name: "house", sources }] });
  const bad = [`${server.url}/gone.gguf`, `${server.url}/page.gguf`, "http://127.0.0.1:9/x.gguf"];
  await writeFile(join(home, "models.json"), entry([...bad, `${server.url}/there.gguf`]));
  expect((await resolveModel("house", { home })).source).toBe(`${server.url}/there.gguf`);

  const empty = await tempFolder();
  await writeFile(join(empty, "models.json"), entry(bad));
  const rejected = resolveModel("house", { home: empty });
  await expect(rejected).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND" });
  for (const pattern of [
    /gone\.gguf: .*404/,
    /page\.gguf: .*no GGUF model/,
    /127\.0\.0\.1:9 cannot be reached/,
    /starter/,
  ]) {
    await expect(rejected).rejects.toThrow(pattern);
  }
  await expect(rejected).rejects.not.toThrow(/\n/);
  expect(await modelFolders(empty)).toEqual([]);
});

it("an explicit pull that fails tells what each source said and what it needs, not to pull", async () => {
  const rejected = resolveModel("http://127.0.0.1:9/x.gguf", { home: await tempFolder(), isPull: true });
  await expect(rejected).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND" });
  await expect(rejected).rejects.toThrow(
    /could not be pulled: .*127\.0\.0\.1:9 cannot be reached.*needs a network, or a mirror/,
  );
  await expect(rejected).rejects.not.toThrow(/models pull|starter/);
});

it.each([
  ["no model", Buffer.from("<html>moved</html>"), /no GGUF model/],
  ["half a model", 3_000_000, /cut off/],
])(
  "what turns out to be %s is thrown away, and fetched anew when the server has it right",
  async (_what, wrong, message) => {
    const home = await tempFolder();
    const files: Record<string, Served> = {
      "/own.gguf": typeof wrong === "number" ? starter.subarray(0, wrong) : wrong,
    };
    const server = await serverWith(files);
    await expect(resolveModel(`${server.url}/own.gguf`, { home })).rejects.toThrow(message);
    expect((await readdir(join(home, "models"))).filter((name) => name.startsWith(".partial"))).toEqual([]);
    files["/own.gguf"] = starter;
    expect((await resolveModel(`${server.url}/own.gguf`, { home })).sha256).toBe(starterHash);
  },
);

it("a pull that is broken off leaves nothing that counts as a model, and the next one completes it", async () => {
  const home = await tempFolder();
  const abort = new AbortController();
  const whole: Served = (request, response) => {
    if (request.method === "HEAD" || stalled === false) {
      response.writeHead(200, { "content-length": starter.length, "accept-ranges": "none" });
      response.end(request.method === "HEAD" ? undefined : starter);
      return;
    }
    response.writeHead(200, { "content-length": starter.length, "accept-ranges": "none" });
    response.write(starter.subarray(0, 1_000_000), () => abort.abort(new Error("stopped by the user")));
  };
  let stalled = true;
  const server = await serverWith({ "/own.gguf": whole });
  const url = `${server.url}/own.gguf`;
  await expect(resolveModel(url, { home, signal: abort.signal })).rejects.toThrow("stopped by the user");
  expect(await modelFolders(home)).toEqual([]);
  await expect(resolveModel(url, { home, offline: true })).rejects.toMatchObject({ code: "ROWMILL_MODEL_NOT_FOUND" });
  stalled = false;
  expect((await resolveModel(url, { home })).sha256).toBe(starterHash);
});

it("many that want the same model at once download it once", async () => {
  const home = await tempFolder();
  const server = await serverWith({ "/own.gguf": starter });
  const url = `${server.url}/own.gguf`;
  const told: string[] = [];
  // told when a pull begins; how often the server is asked is the downloader's business, which tries again when it is slow
  const onProgress = ({ file }: PullProgress) => void told.push(file);
  const found = await Promise.all([1, 2, 3, 4].map(() => resolveModel(url, { home, onProgress })));
  expect(new Set(found.map(({ path }) => path)).size).toBe(1);
  expect(await hashFile(found[0]!.path)).toBe(starterHash);
  expect(told.filter((file) => file === url)).toHaveLength(1);
  expect(await modelFolders(home)).toHaveLength(1);
});

it("a pull whose lock another process took, as it does of one that was stopped for long, waits for that one and goes on", async () => {
  const home = await tempFolder();
  const lock = (url: string) => join(home, "models", `.lock-${sourceFolder(parseModelSource(url))}`);
  let isStolen = false;
  let isBrokenOff = false;
  const steal = async (path: string) => {
    isStolen = true;
    await rm(path, { recursive: true });
    (await holdLock(path)).release();
  };
  const server = await serverWith({
    "/own.gguf": (request, response) => {
      response.writeHead(200, { "content-length": starter.length, "accept-ranges": "none" });
      if (request.method === "HEAD") return void response.end();
      if (isBrokenOff) return void response.end(starter);
      // no answer has an end until the lock's loss is noticed and the download broken off
      response.once("close", () => {
        isBrokenOff = true;
      });
      response.write(starter.subarray(0, 1000));
      if (!isStolen) void steal(lock(`${server.url}/own.gguf`));
    },
  });
  const { sha256 } = await resolveModel(`${server.url}/own.gguf`, { home });
  expect(sha256).toBe(starterHash);
  expect(isBrokenOff).toBe(true);
});

it("a pull waits for another process that is at it, and asks the server nothing meanwhile", async () => {
  const home = await tempFolder();
  const server = await serverWith({ "/own.gguf": starter });
  const url = `${server.url}/own.gguf`;
  await mkdir(join(home, "models"));
  const lock = join(home, "models", `.lock-${sourceFolder(parseModelSource(url))}`);
  const holder = await holdLock(lock);
  const pull = resolveModel(url, { home });
  const waited = await Promise.race([
    pull.then(() => "pulled"),
    new Promise((done) => setTimeout(done, 600, "waiting")),
  ]);
  expect(waited).toBe("waiting");
  expect(server.requests).toEqual([]);
  holder.release();
  expect((await pull).sha256).toBe(starterHash);
});

it("a forced pull fetches again and replaces the file", async () => {
  const home = await tempFolder();
  const files: Record<string, Served> = { "/own.gguf": starter };
  const server = await serverWith(files);
  const before = await resolveModel(`${server.url}/own.gguf`, { home });
  files["/own.gguf"] = Buffer.concat([starter, Buffer.from("newer")]);
  expect((await resolveModel(`${server.url}/own.gguf`, { home })).sha256).toBe(before.sha256);
  const after = await resolveModel(`${server.url}/own.gguf`, { home, force: true });
  expect(after.path).toBe(before.path);
  expect(after.sha256).not.toBe(before.sha256);
  expect(await modelFolders(home)).toHaveLength(1);
});

it("a home that cannot be written is named", async (ctx) => {
  if (process.getuid?.() === 0) ctx.skip("root may write anywhere");
  const home = await tempFolder();
  await chmod(home, 0o500);
  onTestFinished(() => chmod(home, 0o700));
  const rejected = resolveModel("http://127.0.0.1:9/x.gguf", { home });
  await expect(rejected).rejects.toThrow(new RegExp(`cannot write ${home}`));
});

it("a home whose models folder is a file is named, for whoever runs this", async () => {
  const home = await tempFolder();
  await writeFile(join(home, "models"), "in the way");
  await expect(resolveModel("http://127.0.0.1:9/x.gguf", { home })).rejects.toThrow(/models/);
  expect(existsSync(join(home, "models"))).toBe(true);
});
