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
  const llama = await getLlama({ build: "never", progressLogs: false });
  expect(facts.llamaCppRelease).toBe(llama.llamaCppRelease.release);
});

it("the backend that was loaded is one that the platform can have", async () => {
  const facts = await backendFacts();
  expect(facts.failure).toBeNull();
  expect([...facts.candidates, "cpu"]).toContain(facts.backend);
  expect(facts.vramBytes > 0).toBe(facts.backend !== "cpu");
});
