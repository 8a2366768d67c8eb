import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBatchTimes } from "../../bench/engines/batchedBench.js";
import type { BenchResult, RunFigures } from "../../bench/engines/figures.js";
import { median, resultOf } from "../../bench/engines/figures.js";
import { readConfigurationPins, readList } from "../../bench/engines/flags.js";
import { measureGroup } from "../../bench/engines/measure.js";
import type { BenchModel } from "../../bench/engines/models.js";
import { countParameters, RANDOM_SHAPES } from "../../bench/engines/randomGguf.js";
import { ratiosOf } from "../../bench/engines/ratios.js";
import { renderReport } from "../../bench/engines/report.js";
import { rowTokens, shareRows, takeRow } from "../../bench/engines/rowShare.js";
import { findConfiguration, freeAxes } from "../../bench/engines/search.js";
import { type Configuration, type RunRequest, rowsOf, type Subject } from "../../bench/engines/subject.js";
import { MADE_WORKLOADS, makeWorkload, WORKLOAD_NAMES } from "../../bench/engines/workloads.js";
import { openTokenizer } from "../../src/engine/local/index.js";

const ROOT = join(import.meta.dirname, "../..");
const FIRST: Configuration = { workers: 1, threads: 2, slots: 16 };

function run(change: Partial<RunFigures>): RunFigures {
  const counts = { inputTokens: 1000, sharedTokens: 500, outputTokens: 100, validRows: 10 };
  return {
    rows: 10,
    failedRows: 0,
    seconds: 1,
    startSeconds: 0,
    rowsPerSecond: 10,
    ...counts,
    statistics: null,
    ...change,
  };
}

describe("the rows that threads share", () => {
  const rows = Array.from({ length: 101 }, (_, at) => Uint32Array.of(at, at + 1));

  it("are each taken once, whoever asks and in whatever order", () => {
    const share = shareRows(rows, 3);
    const taken = new Set<number>();
    for (let turn = 0; taken.size < rows.length; turn++) {
      const place = takeRow(share, turn % 5 === 0 ? 0 : 2);
      expect(place).not.toBeNull();
      expect(taken.has(place as number)).toBe(false);
      taken.add(place as number);
      expect([...rowTokens(share, place as number)]).toEqual([place, (place as number) + 1]);
    }
    expect([0, 1, 2].map((thread) => takeRow(share, thread))).toEqual([null, null, null]);
  });

  it("are neighbours as long as a thread has some of its own", () => {
    const share = shareRows(rows, 2);
    const first = Array.from({ length: 20 }, () => takeRow(share, 1) as number);
    expect(first).toEqual(Array.from({ length: 20 }, (_, at) => (first[0] as number) + at));
    expect(takeRow(share, 0)).toBe(0);
  });
});

describe("ratios", () => {
  it("are the median of the rounds' own", () => {
    const of = (engine: string, rates: number[]): BenchResult =>
      resultOf(
        "classify",
        engine,
        FIRST,
        rates.map((rowsPerSecond) => run({ rowsPerSecond })),
      );
    const results = [of("native", [100, 10, 90]), of("peer", [50, 1, 30])];
    const rows = [{ name: "classify", ours: "classify", theirs: "classify" }];
    expect(ratiosOf(results, "native", rows).rows).toEqual({ classify: { peer: 3 } });
  });

  it("take the middle of an even number", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe("a result", () => {
  it("adds its runs up", () => {
    const result = resultOf("classify", "native", FIRST, [
      run({}),
      run({ validRows: 8, rowsPerSecond: 30, sharedTokens: 0 }),
    ]);
    expect(result).toMatchObject({
      rowsPerSecond: 20,
      spread: 1,
      validShare: 0.9,
      sharedShare: 0.25,
      inputTokensPerRow: 100,
    });
  });

  it("says nothing of what an engine doesn't tell", () => {
    const result = resultOf("generate", "peer", FIRST, [run({ sharedTokens: null, validRows: null })]);
    expect(result).toMatchObject({ sharedShare: null, validShare: null, shareOutsideDecode: null });
  });
});

/** A subject that is done with any rows at a rate that its configuration gives. */
function madeUpSubject(onOpen: (configuration: Configuration) => void, onRun: (asked: RunRequest) => void): Subject {
  return {
    ...{ name: "made-up", isPeer: false, takes: () => true, first: FIRST },
    axes: () => [[{ workers: 2, threads: 1 }], [{ slots: 8 }, { slots: 32 }]],
    open: async ({ configuration }) => {
      onOpen(configuration);
      const rate = configuration.workers * 100 + configuration.slots;
      return {
        run: async (asked: RunRequest) => {
          onRun(asked);
          const nothing = { text: "", isComplete: true, inputTokens: 1, sharedTokens: 0, outputTokens: 1, error: null };
          const outcomes = Array.from({ length: asked.rows }, (_, index) => ({ index, ...nothing }));
          return { seconds: asked.rows / rate, startSeconds: 0, outcomes, statistics: null };
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
}

const MODEL: BenchModel = { name: "starter", path: "starter.gguf", endlessPath: async () => "" };

describe("the search for a configuration", () => {
  it("takes what is fastest, one axis after the other, and leaves alone what is pinned", async () => {
    const opened: Configuration[] = [];
    const subject = madeUpSubject(
      (configuration) => opened.push(configuration),
      () => undefined,
    );
    await using tokenizer = await openTokenizer(join(ROOT, "models/starter/starter.gguf"));
    const group = await makeWorkload("classify", tokenizer, 1);
    const { best, tried } = await findConfiguration(subject, MODEL, group, {}, () => undefined);
    expect(best.configuration).toEqual({ workers: 2, threads: 1, slots: 32 });
    expect(tried.map(({ configuration }) => configuration)).toEqual(opened);
    expect(freeAxes(subject.axes(group), { slots: 4 })).toEqual([[{ workers: 2, threads: 1 }], []]);
  });
});

describe("a measurement", () => {
  it("gives each round rows that none has had", async () => {
    const asked: RunRequest[] = [];
    const subject = madeUpSubject(
      () => undefined,
      (request) => asked.push(request),
    );
    await using tokenizer = await openTokenizer(join(ROOT, "models/starter/starter.gguf"));
    const group = await makeWorkload("generate", tokenizer, 1);
    const contender = { subject, chosen: { configuration: FIRST, rowsPerSecond: 32 } };
    const options = { rows: 3, seconds: 1, runs: 3, onLine: () => undefined };
    const [result] = await measureGroup(MODEL, group, [contender], options);
    expect(result?.runs).toHaveLength(3);
    const texts = asked.flatMap((request) => rowsOf(request).map(({ text }) => text));
    expect(texts).toHaveLength(12);
    expect(new Set(texts).size).toBe(12);
  });
});

describe("the workloads", () => {
  it("have rows of the sizes that they are named for, the same ones each time", async () => {
    await using tokenizer = await openTokenizer(join(ROOT, "models/starter/starter.gguf"));
    const sizes = { classify: 60, extract: 250, generate: 60, table: 300 };
    for (const name of MADE_WORKLOADS) {
      const { variants } = await makeWorkload(name, tokenizer, 7);
      const [first] = variants;
      const lengths = first.rows(5).map(({ tokens }) => tokens.length);
      expect({ name, lengths }).toEqual({ name, lengths: Array.from({ length: 5 }, () => sizes[name]) });
      expect((await makeWorkload(name, tokenizer, 7)).variants[0].rows(3)).toEqual(first.rows(3));
      expect((await makeWorkload(name, tokenizer, 8)).variants[0].rows(3)).not.toEqual(first.rows(3));
    }
    const classify = (await makeWorkload("classify", tokenizer, 7)).variants[0];
    expect(classify.prefix.length).toBe(500);
  });

  it("have the demo's tables among them, which begin again where they end", async () => {
    await using tokenizer = await openTokenizer(join(ROOT, "models/starter/starter.gguf"));
    for (const [name, rows] of [
      ["reviews", 228],
      ["tickets", 224],
    ] as const) {
      const [table] = (await makeWorkload(name, tokenizer, 7)).variants;
      const taken = table.rows(rows + 1);
      expect(taken[rows]).toEqual(taken[0]);
      expect(new Set(taken.map(({ text }) => text)).size).toBeGreaterThan(0.9 * rows);
      expect(Math.max(...taken.map(({ tokens }) => tokens.length))).toBe(table.rowTokens);
    }
  });
});

describe("what the benchmark reads", () => {
  it("takes lists of known names", () => {
    expect(readList("--workload", "table, classify", WORKLOAD_NAMES)).toEqual(["table", "classify"]);
    expect(() => readList("--workload", "sums", WORKLOAD_NAMES)).toThrow(/--workload takes classify, .*not "sums"/);
  });

  it("takes pins, and says how they are written", () => {
    const pins = readConfigurationPins({ slots: "8", drafts: "4", pin: ["native=2x1x16"] });
    expect(pins).toEqual({
      all: { slots: 8 },
      one: { native: { workers: 2, threads: 1, slots: 16 } },
      native: { draftTokens: 4 },
    });
    expect(() => readConfigurationPins({ pin: ["native=2"] })).toThrow(/--pin takes NAME=WORKERSxTHREADSxSLOTS/);
  });

  it("takes llama-batched-bench's lines and no others", () => {
    const line =
      '{"n_kv_max": 96, "pp": 64, "tg": 32, "pl": 1, "n_kv": 96, "t_pp": 0.5, "speed_pp": 1, "t_tg": 0.25, "speed_tg": 1, "t": 0.75, "speed": 1}';
    expect(readBatchTimes(line)).toMatchObject({ sequences: 1, promptTokens: 64, generatedTokens: 32, seconds: 0.75 });
    expect(readBatchTimes("main: n_kv_max = 96")).toBeNull();
    expect(readBatchTimes('{"a": 1}')).toBeNull();
  });

  it("knows the size of the shapes that it writes", () => {
    expect(countParameters(RANDOM_SHAPES["random-0.5b"]) / 1e6).toBeCloseTo(494, 0);
  });
});

describe("the benchmark as a command", () => {
  it("measures both engines on a random model, with ratios, and every output is valid", () => {
    const flags = ["--model", "random-1m", "--workload", "classify", "--rows", "8", "--runs", "1", "--json"];
    const pins = ["--pin", "native=1x1x4", "--pin", "node-llama-cpp=1x1x4"];
    const text = execFileSync(process.execPath, ["scripts/runTypeScript.mjs", "bench", "engines", ...flags, ...pins], {
      ...{ cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    });
    const report = JSON.parse(text) as Parameters<typeof renderReport>[0];
    expect(report.results.map(({ engine, validShare, runs }) => [engine, validShare, runs[0]?.failedRows])).toEqual([
      ["native", 1, 0],
      ["node-llama-cpp", 1, 0],
    ]);
    expect(report.ratios.classify?.["node-llama-cpp"]).toBeGreaterThan(0);
    expect(report.results[0]?.sharedShare).toBeGreaterThan(0.5);
    expect(renderReport(report)).toMatch(/classify +│ +node-llama-cpp|classify.*node-llama-cpp/);
  });
});
