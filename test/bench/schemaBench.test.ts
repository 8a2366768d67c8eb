import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readNumberFlag } from "../../bench/flags/number.js";
import { type BenchOptions, benchSchemas } from "../../bench/schema/benchmark.js";
import { wheelsOf } from "../../bench/schema/python.js";
import { renderReport } from "../../bench/schema/report.js";
import { defaultTokenizerPath, openTokenizer } from "../../bench/schema/tokenizer.js";
import { scratchFolder } from "../data/scratch.js";
import { BENCH_CACHE } from "../grammar/masks/ggufVocabularies.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const COLLECTION = join(PACKAGE, "../shared/data/maskbench-dev.jsonl.gz");
const folder = scratchFolder();
const options: BenchOptions = {
  file: join(folder, "small.jsonl.gz"),
  packageFolder: PACKAGE,
  tokenizer: join(PACKAGE, "models/starter/starter.gguf"),
  limit: null,
  peers: [],
  python: null,
  peerSeconds: 60,
  onLine: () => {},
};

const lines = [
  {
    name: "whole",
    schema: {
      type: "object",
      properties: { a: { type: "integer", minimum: 10 }, b: { type: "string" } },
      required: ["a"],
    },
    tests: [
      { valid: true, data: { b: "é", a: 12 } },
      { valid: false, data: { b: "x" } },
      { valid: false, data: { a: 1 } },
    ],
  },
  { name: "wrong label", schema: { enum: [1, 2] }, tests: [{ valid: true, data: 3 }] },
  { name: "refused", schema: { type: "string", minLength: 2, maxLength: 1 }, tests: [{ valid: false, data: "x" }] },
];

test("a small collection gives the protocol's fields, and a failure with the text around the refused token", async () => {
  writeFileSync(options.file, gzipSync(lines.map((line) => JSON.stringify(line)).join("\n")));
  const report = await benchSchemas(options);
  expect(report).toMatchObject({ schemas: 3, passing: 1, passingWithCheck: 2, compileErrors: 1, refused: 1 });
  expect(report).toMatchObject({ wronglyRejected: 1, wronglyAccepted: 0, instances: 5 });
  const masks = report.maskUs.count;
  expect(masks).toBeGreaterThan(5);
  expect(masks).toBeLessThan(report.tokens);
  expect(report.maskWarmUs.count).toBe(masks);
  expect(report.ttfmUs.count).toBe(2);
  const rejected = report.failures.filter(({ kind }) => kind === "reject");
  expect(rejected).toEqual([{ name: "wrong label", kind: "reject", reason: "…⟦3⟧", failsWithCheck: true }]);
  const printed = renderReport(report, true);
  expect(printed).toMatch(/schemas passing, the grammar alone\s+│\s+1 \(33\.33 %\)/);
  expect(printed).toMatch(/refused at compile time\s+│\s+1 \(33\.33 %\)/);
  expect(printed).toMatch(/not held whole by the grammar\s+│\s+0 \(0\.00 %\)/);
  expect(printed.match(/mean \/ p50 \/ p99 \/ max/g)).toHaveLength(3);
  expect(printed).not.toContain("binding's own cost");
  expect(printed).toContain("wrong label  …⟦3⟧");
  expect(renderReport({ ...report, failures: [] }, true)).toMatch(/\n\nno failures$/);
});

test("a line of another shape is named, before a tokenizer or a Python is looked for", async () => {
  const file = join(folder, "bad.jsonl");
  writeFileSync(file, `${JSON.stringify(lines[0])}\n{"schema": {}}\n`);
  const nothing = { ...options, tokenizer: join(folder, "no.gguf"), peers: ["llguidance"] as const };
  await expect(benchSchemas({ ...nothing, file })).rejects.toThrow(/bad\.jsonl, line 2: has no schema, or no list/);
  const none = join(folder, "none");
  await expect(benchSchemas({ ...nothing, file: none })).rejects.toThrow(
    `${none} can't be read: there is no such file`,
  );
  const empty = join(folder, "empty.jsonl");
  writeFileSync(empty, "\n");
  await expect(benchSchemas({ ...nothing, file: empty })).rejects.toThrow(`${empty} is empty: no schema in it`);
});

test("a peer's wheels are its own alone", () => {
  const requirements = join(PACKAGE, "bench/schema/requirements.txt");
  expect(wheelsOf(requirements, ["llguidance"])).toEqual([expect.stringMatching(/^llguidance==/)]);
  expect(wheelsOf(requirements, ["xgrammar"])).toEqual([
    expect.stringMatching(/^xgrammar==/),
    expect.stringMatching(/^torch==/),
  ]);
  expect(wheelsOf(requirements, [])).toEqual([]);
});

test("the default tokenizer is a vocabulary of 152 k tokens whose bytes are the text's", async () => {
  const tokenizer = await openTokenizer(defaultTokenizerPath(BENCH_CACHE, () => {}));
  try {
    const { bytes, offsets, endTokens } = tokenizer.vocabulary;
    expect(offsets.length).toBe(151_937);
    // <|endoftext|> and <|im_end|>
    expect([...endTokens]).toEqual(expect.arrayContaining([151_643, 151_645]));
    const text = '{"name": "Zoë 日本 <|im_end|>", "n": [1.50, -2e3]}';
    const parts = [...tokenizer.tokenize(text)].map((id) => bytes.subarray(offsets[id], offsets[id + 1]));
    expect(Buffer.concat(parts).toString()).toBe(text);
    expect(parts.length).toBeLessThan(text.length);
  } finally {
    await tokenizer.close();
  }
});

test("the command prints JSON alone on standard output, and a mistake in one line", () => {
  const command = [join(PACKAGE, "scripts/runTypeScript.mjs"), "bench", "schema"];
  const args = [...command, options.file, "--tokenizer", options.tokenizer as string, "--json", "--limit", "1"];
  const report = JSON.parse(
    execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
  expect(report).toMatchObject({ schemas: 1, passing: 1, failures: [] });
  const mistaken = spawnSync(process.execPath, [...command, "--frobnicate"], { encoding: "utf8" });
  expect(mistaken.status).toBe(2);
  expect(mistaken.stderr).toMatch(/^Unknown option '--frobnicate'.*\n$/);
});

test.each([
  ["schema", ["--peer", "foo"], '--peer takes llguidance or xgrammar, not "foo"'],
  ["schema", ["--python", "python3"], "--python is for the peers: add --peers or --peer NAME"],
  ["fuzzSchema", ["--runs", "abc"], '--runs takes a whole number, 1 or more, not "abc"'],
])("%s %j says which values are taken, in one line", (command, args, message) => {
  const runner = join(PACKAGE, "scripts/runTypeScript.mjs");
  const { status, stderr } = spawnSync(process.execPath, [runner, "bench", command, ...args], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 2, stderr: `${message}\n` });
});

test("a flag's number is a count, an index or a time, and nothing else is taken", () => {
  expect(readNumberFlag("--limit", "12", "count")).toBe(12);
  expect(readNumberFlag("--at", "0", "index")).toBe(0);
  expect(readNumberFlag("--peer-seconds", "0.5", "seconds")).toBe(0.5);
  for (const text of ["abc", "0", "1.5", "-1", "", " ", "Infinity"]) {
    expect(() => readNumberFlag("--limit", text, "count")).toThrow(
      `--limit takes a whole number, 1 or more, not "${text}"`,
    );
  }
  expect(() => readNumberFlag("--at", "-1", "index")).toThrow("--at takes a whole number, 0 or more");
  expect(() => readNumberFlag("--peer-seconds", "0", "seconds")).toThrow("a number of seconds above 0");
});

test("--help prints the flags", () => {
  const args = [join(PACKAGE, "scripts/runTypeScript.mjs"), "bench", "grammarShare", "--help"];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^usage: npm run --silent bench:grammar/);
});

const hasCollection = existsSync(COLLECTION);
const unless = hasCollection ? "" : " (skipped: there is no ../shared/data/maskbench-dev.jsonl.gz)";

test.skipIf(!hasCollection)(`the first schemas of the collection beside the project all pass${unless}`, async () => {
  const report = await benchSchemas({ ...options, file: COLLECTION, limit: 60 });
  expect(report).toMatchObject({
    schemas: 60,
    passing: 60,
    passingWithCheck: 60,
    wronglyRejected: 0,
    wronglyAccepted: 0,
  });
});
