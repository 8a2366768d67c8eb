import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readGgufFileInfo } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EngineFailure,
  openTokenEngine,
  type TokenEngine,
  type TokenResult,
} from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { TICKET_SCHEMA, tickets } from "../rowmill/fixture.js";
import { writeFloatModel } from "./floatModel.js";
import { writeRecurrentModel } from "./recurrentModel.js";
import { chatFrame, type Run, runRows } from "./runRows.js";

const open = (modelPath: string) => openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
let engine: TokenEngine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-graph-"));
  engine = await open(embeddedModelPath("starter"));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const GRAMMAR = compileSchema(TICKET_SCHEMA);

/** A text of letters, each one of two: nearly every place has a mask of its own. */
function pairsPattern(places: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const pairs = [...letters].flatMap((one, at) => [...letters.slice(at + 1)].map((other) => `[${one}${other}]`));
  return pairs.slice(0, places).join("");
}

/** A copy of a model in which a number of the last scaling before the logits is none. As 8-bit integers the activations
 *  would be numbers again, so the weights are floats. */
async function writeModelWithoutNumbers(path: string, sourcePath: string): Promise<void> {
  await writeFloatModel(path, sourcePath);
  const bytes = readFileSync(path);
  const { fullTensorInfo = [] } = await readGgufFileInfo(path, { sourceType: "filesystem", logWarnings: false });
  const norm = fullTensorInfo.find(({ name }) => name === "output_norm.weight");
  if (norm === undefined) throw new Error("the model has no output_norm.weight");
  bytes.writeFloatLE(Number.NaN, Number(norm.fileOffset));
  writeFileSync(path, bytes);
}

interface Ran {
  /** In row order. */
  readonly results: readonly (TokenResult | EngineFailure)[];
  /** Tokens that were chosen within the graph. */
  readonly graphTokens: number;
  readonly sampledTokens: number;
}

async function run(
  samplesInGraph: boolean,
  { plan, ...job }: Run = {},
  { rows = tickets(20), on = engine }: { readonly rows?: readonly string[]; readonly on?: TokenEngine } = {},
): Promise<Ran> {
  const before = on.statistics?.();
  const results = await runRows(on, rows, {
    ...chatFrame(on),
    ...job,
    plan: { slots: 16, slotTokens: 400, samplesInGraph, ...plan },
    sampling: { maxTokens: 30, ...job.sampling },
    seedOf: (index) => 7 + index,
  });
  const after = on.statistics?.();
  const since = (name: "graphTokens" | "outputTokens" | "forcedTokens") => (after?.[name] ?? 0) - (before?.[name] ?? 0);
  return { results, graphTokens: since("graphTokens"), sampledTokens: since("outputTokens") - since("forcedTokens") };
}

describe("sampling within llama.cpp's graph", () => {
  const kinds: readonly [string, Run][] = [
    ["free text", {}],
    ["free text in one slot", { plan: { slots: 1 } }],
    ["an output under a grammar", { grammar: GRAMMAR }],
    ["an output under a grammar in one slot", { grammar: GRAMMAR, plan: { slots: 1 } }],
    ["text drawn from the likeliest tokens", { sampling: { temperature: 0.9, topK: 40 } }],
    ["text drawn from a part of those", { sampling: { temperature: 1.2, topK: 64, topP: 0.9, minP: 0.02 } }],
    ["an output drawn under a grammar", { grammar: GRAMMAR, sampling: { temperature: 1.3, topK: 20 } }],
  ];
  it.each(kinds)("gives %s as the host does", async (_, job) => {
    const host = await run(false, job);
    const graph = await run(true, job);
    expect(graph.results).toEqual(host.results);
    expect(host.graphTokens).toBe(0);
    // the tokens that end a text are not of the output
    expect(graph.graphTokens).toBeGreaterThanOrEqual(graph.sampledTokens);
    expect(graph.sampledTokens).toBeGreaterThan(20);
  });

  it("keeps apart more masks than the device holds at a time", async () => {
    const job = {
      grammar: compileSchema({ type: "string", pattern: `^${pairsPattern(150)}$` }),
      sampling: { maxTokens: 160, temperature: 1, topK: 5 },
      plan: { slots: 2 },
    };
    const host = await run(false, job, { rows: tickets(4) });
    const graph = await run(true, job, { rows: tickets(4) });
    expect(graph.results).toEqual(host.results);
    expect(graph.graphTokens).toBeGreaterThan(4 * 70);
  });

  it("leaves to the host what needs the logits", async () => {
    const needs: readonly Run[] = [
      { logprobs: true },
      { logprobs: true, tokenLogprobs: true },
      { labels: ["yes", "no"] },
      { plan: { draftTokens: 4 } },
      { sampling: { presencePenalty: 1 } },
      { sampling: { temperature: 1 } },
      { sampling: { temperature: 1, minP: 0.1 } },
      { sampling: { temperature: 1, topK: 129 } },
    ];
    for (const job of needs) {
      const host = await run(false, job, { rows: tickets(4) });
      const asked = await run(true, job, { rows: tickets(4) });
      expect(asked.results).toEqual(host.results);
      expect(asked.graphTokens).toBe(0);
    }
  });

  it("samples for models whose memory is one state as well", async () => {
    const path = join(folder, "recurrent.gguf");
    await writeRecurrentModel(path, embeddedModelPath("starter"));
    await using recurrent = await open(path);
    for (const grammar of [null, GRAMMAR]) {
      const host = await run(false, { grammar, plan: { slots: 3 } }, { rows: tickets(7), on: recurrent });
      const graph = await run(true, { grammar, plan: { slots: 3 } }, { rows: tickets(7), on: recurrent });
      expect(graph.results).toEqual(host.results);
      expect(graph.graphTokens).toBeGreaterThan(7);
    }
  });

  it("fails the rows of a model whose logits are no numbers", async () => {
    const path = join(folder, "broken.gguf");
    await writeModelWithoutNumbers(path, embeddedModelPath("starter"));
    await using broken = await open(path);
    for (const sampling of [{}, { temperature: 1, topK: 20 }]) {
      const host = await run(false, { sampling }, { rows: tickets(3), on: broken });
      const graph = await run(true, { sampling }, { rows: tickets(3), on: broken });
      expect(graph.results).toEqual(host.results);
      for (const result of graph.results) expect(result).toHaveProperty("error", expect.stringMatching(/no numbers/));
    }
  });
});
