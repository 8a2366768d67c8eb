import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  openTokenEngine,
  type Sampling,
  type TokenEngine,
  type TokenJob,
  type TokenResult,
} from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { TICKET_SCHEMA, tickets } from "../rowmill/fixture.js";
import { chatFrame, resultsOf } from "./runRows.js";

const starter = embeddedModelPath("starter");
const open = (modelPath: string) => openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
let engine: TokenEngine;
let folder: string;
beforeAll(async () => {
  engine = await open(starter);
  folder = mkdtempSync(join(tmpdir(), "rowmill-native-"));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Run extends Partial<Omit<TokenJob, "sampling">> {
  readonly sampling?: Partial<Sampling>;
  readonly slots?: number;
}

/** Results in row order. */
const run = (rows: readonly string[], { sampling, slots = 4, ...job }: Run = {}): Promise<TokenResult[]> =>
  resultsOf(engine, rows, {
    ...{ plan: { slots, slotTokens: 400 }, ...chatFrame(engine), seedOf: (index: number) => 7 + index },
    ...job,
    sampling: { maxTokens: 40, ...sampling },
  });

describe("the native engine", () => {
  it("gives valid outputs and leaves what the grammar forces unsampled", async () => {
    const { forcedTokens: before } = engine.statistics?.() ?? { forcedTokens: 0 };
    const { validate, ...grammar } = compileSchema(TICKET_SCHEMA);
    const results = await run(tickets(12), { grammar });
    for (const { text } of results) expect(validate(JSON.parse(text))).toBeNull();
    const forced = (engine.statistics?.().forcedTokens ?? 0) - before;
    expect(forced).toBeGreaterThan(12 * 5);
    expect(forced).toBeLessThan(results.reduce((sum, { outputTokens }) => sum + outputTokens, 0));
  });

  it("computes what rows share once, and counts it", async () => {
    const rows = tickets(3).map((text) => `${"The customer writes about the same long story. ".repeat(4)}${text}`);
    const results = await run(rows, { slots: 3, sampling: { maxTokens: 2 } });
    const prefix = chatFrame(engine).prefix.length;
    expect(results[0]?.sharedTokens).toBe(prefix);
    for (const { sharedTokens } of results.slice(1)) expect(sharedTokens).toBeGreaterThan(prefix + 20);
    // what was shared changes nothing
    for (const row of rows) {
      const [alone] = await run([row], { slots: 1, sampling: { maxTokens: 2 } });
      expect(results[rows.indexOf(row)]?.text).toBe(alone?.text);
    }
  });

  it("draws a row's tokens by its seed, whatever slot it has", async () => {
    const rows = tickets(8);
    const sampling = { temperature: 0.9, maxTokens: 12 };
    const alone = await run(rows, { slots: 1, sampling });
    const together = await run(rows, { slots: 8, sampling });
    expect(together.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
    const greedily = await run(rows, { slots: 1, sampling: { maxTokens: 12 } });
    expect(alone.map(({ text }) => text)).not.toEqual(greedily.map(({ text }) => text));
  });

  it("has room in a batch for a token of each slot, whatever the plan says", async () => {
    const rows = tickets(20);
    const plan = { slots: 12, threads: 1, slotTokens: 400, batchTokens: 3, draftTokens: 0, samplesInGraph: false };
    const results = await run(rows, { plan, sampling: { maxTokens: 6 } });
    expect(results.map(({ outputTokens }) => outputTokens)).toEqual(rows.map(() => 6));
  });

  it("stops at a stop string across token borders and leaves it out", async () => {
    const [whole] = await run(tickets(1));
    const text = whole?.text ?? "";
    const stop = text.slice(2, 8);
    expect(stop.length).toBe(6);
    const [cut] = await run(tickets(1), { sampling: { stop: ["nothing like it", stop] } });
    expect(cut).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish: "stop" });
  });

  it("cuts at maxTokens and says so", async () => {
    const [cut] = await run(tickets(1), { sampling: { maxTokens: 3 } });
    expect(cut).toMatchObject({ outputTokens: 3, finish: "length" });
  });

  it("gives log-probabilities of the model itself, also of forced tokens", async () => {
    const grammar = compileSchema(TICKET_SCHEMA);
    const [free] = await run(tickets(1), { logprobs: true, sampling: { maxTokens: 4 } });
    expect(free?.cumulativeLogprob).toBeLessThan(0);
    expect(free?.cumulativeLogprob).toBeGreaterThan(-4);
    const [constant] = await run(tickets(1), { logprobs: true, grammar: compileSchema({ const: "zebra zebra" }) });
    expect(constant?.text).toBe('"zebra zebra"');
    expect(constant?.cumulativeLogprob).toBeLessThan(-5);
    const [held] = await run(tickets(1), { logprobs: true, grammar });
    const [plain] = await run(tickets(1), { grammar });
    expect(held?.text).toBe(plain?.text);
    expect(Number.isFinite(held?.cumulativeLogprob)).toBe(true);
  });
});

describe("files that llama.cpp can't load", () => {
  const broken: readonly [string, (path: string) => void][] = [
    ["a text", (path) => writeFileSync(path, "no model".repeat(100))],
    ["an empty file", (path) => writeFileSync(path, "")],
    [
      "a truncated model",
      (path) => {
        copyFileSync(starter, path);
        truncateSync(path, 2_000_000);
      },
    ],
  ];
  it.each(broken)("are refused with the reason, and the engine goes on: %s", async (name, write) => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.gguf`);
    write(path);
    await expect(open(path)).rejects.toMatchObject({ code: "ROWMILL_MODEL_UNREADABLE" });
    expect(await run(tickets(1))).toHaveLength(1);
  });

  it("name a file that is not there", async () => {
    await expect(open(join(folder, "none.gguf"))).rejects.toThrow(/can't load .*none\.gguf: .+/);
  });
});
