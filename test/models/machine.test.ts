import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { backendFacts, machineFacts } from "../../src/models/index.js";

it("the machine has no more cores and memory than the system says, and some of each", () => {
  const facts = machineFacts();
  expect(facts.cores).toBeGreaterThanOrEqual(1);
  expect(facts.cores).toBeLessThanOrEqual(os.availableParallelism());
  expect(facts.physicalCores).toBeGreaterThanOrEqual(1);
  expect(facts.physicalCores).toBeLessThanOrEqual(facts.cores);
  expect(facts.memoryBytes).toBeLessThanOrEqual(os.totalmem());
  expect(facts.freeMemoryBytes).toBeGreaterThan(0);
  expect(facts.freeMemoryBytes).toBeLessThanOrEqual(facts.memoryBytes);
});

it("the llama.cpp release is the one that node-llama-cpp bundles", async () => {
  const root = dirname(dirname(createRequire(import.meta.url).resolve("node-llama-cpp")));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const facts = machineFacts();
  expect(facts.nodeLlamaCpp).toBe(version);
  const { getLlama } = await import("node-llama-cpp");
  const llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
  expect(facts.llamaCppRelease).toBe(llama.llamaCppRelease.release);
});

it("the backend is one that has a device, and each other that the platform could have says why it is not it", async () => {
  const facts = await backendFacts();
  expect(facts.failure).toBeNull();
  expect(facts.vramBytes > 0).toBe(facts.backend !== "cpu");
  expect(facts.devices.length > 0).toBe(facts.backend !== "cpu");
  const possible = process.platform === "darwin" ? ["metal"] : ["cuda", "vulkan"];
  expect(facts.unused.map(({ backend }) => backend)).toEqual(possible.filter((name) => name !== facts.backend));
  for (const { reason } of facts.unused)
    expect(reason).toMatch(/missing|not installed|no GPU|can't be loaded|faster|silicon/);
});

it.runIf(process.platform === "linux")(
  "one build of llama.cpp is in the process, whatever loaders there are",
  async () => {
    const { backend, vramBytes } = await backendFacts();
    // a job on the GPU counts its tokens on the CPU's build
    if (vramBytes > 0) return;
    const { loadBackend } = await import("../../src/engine/local/nodeLlamaCpp/nodeLlamaCpp.js");
    for (const asked of ["cpu", "auto"] as const)
      expect((await loadBackend({ backend: asked, threads: 1 })).gpu, backend).toBe(false);
    const maps = readFileSync("/proc/self/maps", "utf8");
    expect(new Set(maps.match(/\S*\/llama-addon\.node/g)).size).toBe(1);
  },
);
