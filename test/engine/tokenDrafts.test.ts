import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EngineStatistics,
  openTokenEngine,
  type TokenEngine,
  type TokenResult,
} from "../../src/engine/local/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { compileSchema } from "../../src/schema/index.js";
import { writeFloatModel } from "./floatModel.js";
import { writeRecurrentModel } from "./recurrentModel.js";
import { chatFrame, type Run, resultsOf } from "./runRows.js";

const open = (modelPath: string) => openTokenEngine({ engine: "native", modelPath, threads: 1, backend: "cpu" });
let engine: TokenEngine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-drafts-"));
  const path = join(folder, "float.gguf");
  await writeFloatModel(path, embeddedModelPath("starter"));
  engine = await open(path);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const EXTRACT = compileSchema({
  type: "object",
  properties: {
    order: { type: "string", pattern: "^[A-Z]{2}-[0-9]{6}$" },
    name: { type: "string", maxLength: 30 },
    days: { type: "array", items: { enum: ["Monday", "Tuesday", "Wednesday"] }, maxItems: 2 },
  },
  required: ["order", "name", "days"],
});

const NAMES = ["Maria Schmidt", "John Okafor", "Amelie Laurent", "Ravi Patel", "Sofia Rossi", "Erik Lund"];
const ROWS = Array.from(
  { length: 12 },
  (_, at) =>
    `Order KR-${482_913 + 7919 * at} of ${NAMES[at % NAMES.length]}: the parcel of order KR-${482_913 + 7919 * at} came on Monday.`,
);

interface Drafted {
  /** In row order. */
  readonly results: readonly TokenResult[];
  readonly counts: Pick<EngineStatistics, "draftedTokens" | "acceptedTokens" | "steps">;
}

async function run(
  draftTokens: number,
  { sampling, plan, ...job }: Run = {},
  { rows = ROWS, on = engine }: { readonly rows?: readonly string[]; readonly on?: TokenEngine } = {},
): Promise<Drafted> {
  const before = on.statistics?.() as EngineStatistics;
  const results = await resultsOf(on, rows, {
    ...{ ...chatFrame(on, "Copy it."), seedOf: (index: number) => 7 + index, ...job },
    plan: { slots: 4, slotTokens: 300, draftTokens, ...plan },
    sampling: { maxTokens: 60, ...sampling },
  });
  const after = on.statistics?.() as EngineStatistics;
  const since = (name: keyof EngineStatistics) => after[name] - before[name];
  return {
    results,
    counts: {
      draftedTokens: since("draftedTokens"),
      acceptedTokens: since("acceptedTokens"),
      steps: since("steps"),
    },
  };
}

/** Runs the same with drafts and without; both must say the same. */
async function compare(job: Run, rows = ROWS): Promise<{ readonly plain: Drafted; readonly drafted: Drafted }> {
  const plain = await run(0, job, { rows });
  const drafted = await run(6, job, { rows });
  const said = ({ results }: Drafted) =>
    results.map(({ text, finish, inputTokens, outputTokens }) => ({ text, finish, inputTokens, outputTokens }));
  expect(said(drafted)).toEqual(said(plain));
  expect(plain.counts).toMatchObject({ draftedTokens: 0, acceptedTokens: 0 });
  expect(drafted.counts.acceptedTokens).toBeGreaterThan(0);
  expect(drafted.counts.acceptedTokens).toBeLessThanOrEqual(drafted.counts.draftedTokens);
  return { plain, drafted };
}

describe("tokens drafted from the row", () => {
  it("take fewer steps to the same free text", async () => {
    const { plain, drafted } = await compare({ plan: { slots: 1 } });
    expect(drafted.counts.steps).toBeLessThan(plain.counts.steps);
    // each saves a step of a slot that is alone
    expect(plain.counts.steps - drafted.counts.steps).toBe(drafted.counts.acceptedTokens);
  });

  it("leave the drawn tokens as they are at a temperature", async () => {
    const { plain } = await compare({ sampling: { temperature: 0.8, topP: 0.95 } });
    const greedy = await run(0);
    expect(plain.results.map(({ text }) => text)).not.toEqual(greedy.results.map(({ text }) => text));
  });

  it("keep to the grammar, and to what it forces", async () => {
    const { drafted } = await compare({ grammar: EXTRACT });
    for (const { text } of drafted.results) expect(EXTRACT.validate(JSON.parse(text))).toBeNull();
    await compare({ grammar: EXTRACT, sampling: { temperature: 0.8 } });
  });

  it("count in penalties only once they are output", async () => {
    const { plain } = await compare({
      sampling: { repetitionPenalty: 1.1, frequencyPenalty: 0.3, presencePenalty: 0.2 },
    });
    const without = await run(0);
    expect(plain.results.map(({ text }) => text)).not.toEqual(without.results.map(({ text }) => text));
  });

  it("end at stop strings, at maxTokens and where the slot is full", async () => {
    const { results } = await run(0);
    const stop = results.map(({ text }) => text.slice(9, 14));
    const stopped = await compare({ sampling: { stop } });
    expect(stopped.plain.results.map(({ outputTokens }) => outputTokens)).not.toEqual(
      results.map(({ outputTokens }) => outputTokens),
    );
    for (const maxTokens of [9, 10, 11, 12, 13]) {
      const { drafted } = await compare({ sampling: { maxTokens } });
      for (const { outputTokens } of drafted.results) expect(outputTokens).toBeLessThanOrEqual(maxTokens);
    }
    const longest = Math.max(...results.map(({ inputTokens }) => inputTokens));
    const full = await compare({ plan: { slotTokens: longest + 11 } });
    expect(full.plain.results.some(({ finish }) => finish === "length")).toBe(true);
  });

  it("have the log-probabilities of other tokens", async () => {
    for (const grammar of [null, EXTRACT]) {
      const { plain, drafted } = await compare({ grammar, tokenLogprobs: true, logprobs: true });
      for (const [at, one] of plain.results.entries()) {
        const other = drafted.results[at];
        expect(other?.cumulativeLogprob).toBeCloseTo(one.cumulativeLogprob as number, 1);
        expect(other?.tokenLogprobs?.lengths).toEqual(one.tokenLogprobs?.lengths);
        expect(other?.tokenLogprobs?.bytes).toEqual(one.tokenLogprobs?.bytes);
        const logprobs = [...(one.tokenLogprobs?.logprobs ?? [])];
        expect(other?.tokenLogprobs?.logprobs).toHaveLength(logprobs.length);
        logprobs.forEach((logprob, token) => {
          expect(other?.tokenLogprobs?.logprobs[token]).toBeCloseTo(logprob, 1);
        });
      }
    }
  });

  it("leave the scoring of an output's labels as it is", async () => {
    const labels = ["Monday", "Tuesday", "Wednesday"].map((day) => ({ texts: [`"${day}"`] }));
    const schema = {
      type: "object",
      properties: { day: { enum: ["Monday", "Tuesday", "Wednesday"] } },
      required: ["day"],
    };
    const grammar = compileSchema({
      ...schema,
      properties: { order: { type: "string", maxLength: 12 }, ...schema.properties },
      required: ["order", "day"],
    });
    const labelFields = [{ isWhole: false, path: [['"day"']], labels }];
    const { plain, drafted } = await compare({ grammar, labelFields });
    for (const [at, { fieldProbabilities }] of plain.results.entries()) {
      const [one, other] = [fieldProbabilities?.[0], drafted.results[at]?.fieldProbabilities?.[0]];
      expect(one).toHaveLength(3);
      one?.forEach((probability, label) => {
        expect(other?.[label]).toBeCloseTo(probability, 3);
      });
    }
  });

  it("are the same in the same job, and so are its outputs, to the last bit", async () => {
    await using starter = await open(embeddedModelPath("starter"));
    const job: Run = { sampling: { temperature: 0.8 }, logprobs: true };
    const [once, again] = [await run(6, job, { on: starter }), await run(6, job, { on: starter })];
    expect(again).toEqual(once);
    expect(once.counts.acceptedTokens).toBeGreaterThan(0);
  });

  it("wait where the batch has no room, and take none from other rows", async () => {
    const { counts } = await run(6, { plan: { slots: 8, batchTokens: 12 } });
    const plain = await run(0, { plan: { slots: 8, batchTokens: 12 } });
    expect(counts.steps).toBeLessThanOrEqual(plain.counts.steps);
  });

  it("are not made for a model whose memory can't be cut", async () => {
    const path = join(folder, "recurrent.gguf");
    await writeRecurrentModel(path, embeddedModelPath("starter"));
    await using recurrent = await open(path);
    const [drafted, plain] = [await run(6, {}, { on: recurrent }), await run(0, {}, { on: recurrent })];
    expect(drafted.counts.draftedTokens).toBe(0);
    expect(drafted.results.map(({ text }) => text)).toEqual(plain.results.map(({ text }) => text));
  });
});
