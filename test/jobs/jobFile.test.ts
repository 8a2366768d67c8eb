import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { JobFile, jobFolder, newJobId, openHome } from "../../src/jobs/index.js";
import { JOB_MIGRATIONS } from "../../src/jobs/jobTables.js";
import { Sqlite } from "../../src/jobs/sqlite.js";
import type { ResultBatch } from "../../src/results/index.js";
import { newFolder, newHome, newJobFile, result } from "./fixture.js";

async function readAll(job: JobFile, size: number): Promise<ResultBatch[]> {
  const batches = [];
  for await (const batch of job.resultBatches(size)) batches.push(batch);
  return batches;
}

test("rows come back in order, as they were, until they have a result", () => {
  const job = newJobFile(newHome(), ["a", null, "", "ünï \u{1f600}", "nul \0 inside"]);
  expect(job.pendingRows(-1, 10)).toEqual([
    { index: 0, prompt: "a" },
    { index: 1, prompt: null },
    { index: 2, prompt: "" },
    { index: 3, prompt: "ünï \u{1f600}" },
    { index: 4, prompt: "nul \0 inside" },
  ]);
  expect(job.appendResults([result(3, "x"), { ...result(1, ""), output: null, error: "empty" }])).toEqual({
    stored: 2,
    duplicates: 0,
  });
  const indices = (after: number, limit: number) => job.pendingRows(after, limit).map((row) => row.index);
  expect(indices(-1, 10)).toEqual([0, 2, 4]);
  expect(indices(-1, 2)).toEqual([0, 2]);
  expect(indices(2, 10)).toEqual([4]);
});

test("any prompts and outputs are kept letter by letter", async () => {
  const home = newHome();
  const text = fc.string({ unit: "grapheme" });
  const anyPrompts = fc.array(
    fc.option(
      fc.oneof(
        text,
        text.map((some) => `${some}\0`),
      ),
    ),
    { minLength: 1, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(anyPrompts, fc.integer({ min: 1, max: 7 }), async (prompts, size) => {
      using job = JobFile.create(home, newJobId());
      job.appendRows(
        prompts.map((prompt) => ({ prompt })),
        null,
      );
      job.appendResults(prompts.map((prompt, index) => result(index, `${prompt}`)).reverse());
      const batches = await readAll(job, size);
      expect(batches.flatMap((batch) => batch.prompts)).toEqual(prompts);
      expect(batches.flatMap((batch) => batch.rows)).toEqual(
        prompts.map((prompt, index) => result(index, `${prompt}`)),
      );
      expect(batches.every((batch) => batch.rows.length <= size && batch.inputs === null)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test("a row never has two results: the first stays, the second is counted", async () => {
  const job = newJobFile(newHome(), ["a", "b"]);
  job.appendResults([result(1, "first")]);
  expect(job.appendResults([result(0, "zero"), result(1, "second"), result(0, "again")])).toEqual({
    stored: 1,
    duplicates: 2,
  });
  const [batch] = await readAll(job, 10);
  expect(batch?.rows.map((row) => row.output)).toEqual(["zero", "first"]);
});

test("results of one transaction are kept together or not at all", () => {
  const job = newJobFile(newHome(), ["a", "b"]);
  expect(() => job.appendResults([result(0, "x"), result(2, "no such row")])).toThrow(/FOREIGN KEY/);
  expect(() => job.appendResults([result(0, "x"), { ...result(1, "x"), error: "both" }])).toThrow(/CHECK/);
  expect(job.resultCounts().rowsDone).toBe(0);
});

test("the counts are the sums over the results, so that a resumed job goes on from them", () => {
  const job = newJobFile(newHome(), ["a", "b", "c"]);
  const nothing = { rowsDone: 0, rowsFailed: 0, rowsCut: 0, inputTokens: 0, sharedTokens: 0, outputTokens: 0 };
  expect(job.resultCounts()).toEqual(nothing);
  job.appendResults([
    { ...result(2, "x"), finish: "length" },
    { ...result(0, ""), output: null, error: "too long", outputTokens: 0, finish: "length" },
  ]);
  const two = { rowsDone: 1, rowsFailed: 1, rowsCut: 1, inputTokens: 20, sharedTokens: 0, outputTokens: 2 };
  expect(job.resultCounts()).toEqual(two);
  job.appendResults([{ ...result(1, "y"), sharedTokens: 7 }]);
  expect(job.resultCounts()).toEqual({ ...two, rowsDone: 2, inputTokens: 30, sharedTokens: 7, outputTokens: 4 });
});

test("failures are told by kind, the commonest first and the first of equal ones, whatever their numbers and values are", () => {
  const job = newJobFile(newHome(), ["a", "b", "c", "d", "e", "f"]);
  const failed = (index: number, error: string) => ({ ...result(index, ""), output: null, error });
  expect(job.failures()).toEqual([]);
  job.appendResults([failed(0, "too long"), failed(1, "cut at 12 tokens")]);
  expect(job.failures()).toEqual([
    { reason: "too long", rows: 1 },
    { reason: "cut at 12 tokens", rows: 1 },
  ]);
  job.appendResults([failed(2, "cut at 9 tokens"), result(3, "x")]);
  expect(job.failures()).toEqual([
    { reason: "cut at 12 tokens", rows: 2 },
    { reason: "too long", rows: 1 },
  ]);
  job.appendResults([failed(4, 'no key "a"'), failed(5, 'no key "b \\" c"')]);
  expect(job.failures()[1]).toEqual({ reason: 'no key "a"', rows: 2 });
});

test("a table's results come in the batches that it was read in, each with its own input", async () => {
  using job = JobFile.create(newHome(), newJobId());
  const input = (text: string) => ({ format: "json" as const, bytes: new TextEncoder().encode(text) });
  const rows = (...prompts: string[]) => prompts.map((prompt) => ({ prompt }));
  job.appendRows(rows("a", "b", "c"), input('[{"t":"a"},{"t":"b"},{"t":"c"}]'));
  job.appendRows(rows("d"), input('[{"t":"d"}]'));
  job.appendResults([{ ...result(1, "B"), cumulativeLogprob: -0.5 }]);
  const batches = await readAll(job, 2);
  expect(batches.map((batch) => batch.prompts)).toEqual([["a", "b", "c"], ["d"]]);
  expect(batches.map((batch) => new TextDecoder().decode(batch.inputs!.bytes))).toEqual([
    '[{"t":"a"},{"t":"b"},{"t":"c"}]',
    '[{"t":"d"}]',
  ]);
  expect(batches[0]?.inputs?.format).toBe("json");
  expect(batches.flatMap((batch) => batch.rows).map((row) => [row.output, row.error, row.cumulativeLogprob])).toEqual([
    [null, "not run", null],
    ["B", null, -0.5],
    [null, "not run", null],
    [null, "not run", null],
  ]);
});

test("a job is there for another process only when it is sealed", () => {
  const home = newHome();
  const jobId = newJobId();
  using job = JobFile.create(home, jobId);
  job.appendRows([{ prompt: "a" }], null);
  const missing = expect.objectContaining({ code: "ROWMILL_JOB_FILE_MISSING" });
  expect(() => JobFile.open(home, jobId)).toThrow(missing);
  expect(() => JobFile.open(home, newJobId())).toThrow(missing);
  job.seal();
  using again = JobFile.open(home, jobId);
  expect([again.rowCount, job.rowCount]).toEqual([1, 1]);
  expect(() => again.appendRows([{ prompt: "b" }], null)).toThrow(/is sealed/);
  // nothing is left in the log: the file alone holds the rows
  expect(statSync(join(job.folder, "job.db-wal")).size).toBe(0);
});

test("an abandoned job leaves nothing, and a job that is dropped before it is sealed is abandoned", () => {
  const home = newHome();
  const explicit = JobFile.create(home, newJobId());
  explicit.appendRows([{ prompt: "a" }], null);
  explicit.abandon();
  const fail = () => {
    using job = JobFile.create(home, newJobId());
    job.appendRows([{ prompt: "a" }], null);
    throw new Error("the second batch can't be read");
  };
  expect(fail).toThrow(/second batch/);
  expect(readdirSync(join(home.path, "jobs"))).toEqual([]);
});

test("a job can't be begun in another job's folder, which stays as it was", () => {
  const home = newHome();
  const { jobId } = newJobFile(home, ["a"]);
  expect(() => JobFile.create(home, jobId)).toThrow(/EEXIST/);
  using job = JobFile.open(home, jobId);
  expect(job.pendingRows(-1, 9)).toHaveLength(1);
});

test("a job of the first version goes on in this one", async () => {
  const home = newHome();
  const jobId = newJobId();
  mkdirSync(jobFolder(home.path, jobId));
  // as the first version left it
  const old = new Sqlite(join(jobFolder(home.path, jobId), "job.db"), {
    migrations: JOB_MIGRATIONS.slice(0, 1),
    synchronous: "full",
  });
  old.exec("INSERT INTO rows (i, prompt, tokens) VALUES (0, 'a', 1), (1, 'b', 1)");
  old.exec("INSERT INTO sealed (id, row_count) VALUES (1, 2)");
  old.run("INSERT INTO results (i, output, error, input_tokens, output_tokens) VALUES (0, 'x', NULL, 3, 1)");
  old.close();
  using job = JobFile.open(home, jobId);
  expect(job.pendingRows(-1, 9).map(({ index }) => index)).toEqual([1]);
  job.appendResults([{ ...result(1, "y"), labelProbabilities: [0.25, 0.75], sharedTokens: 4 }]);
  expect(job.resultCounts()).toMatchObject({ rowsDone: 2, sharedTokens: 4 });
  const [batch] = await readAll(job, 9);
  expect(batch?.rows.map(({ output, labelProbabilities }) => [output, labelProbabilities])).toEqual([
    ["x", null],
    ["y", [0.25, 0.75]],
  ]);
});

test("token log-probabilities and labels' probabilities are kept as they were", async () => {
  const home = newHome();
  const { jobId } = newJobFile(home, ["a", "b"]);
  using job = JobFile.open(home, jobId);
  const tokenLogprobs = {
    bytes: new Uint8Array([97, 0xf0, 0x9f]),
    lengths: Uint16Array.of(1, 2, 0),
    logprobs: Float32Array.of(-0.1, -1e-9, Number.NEGATIVE_INFINITY),
  };
  const fieldProbabilities = [[0.1, 0.9], null];
  job.appendResults([{ ...result(0, "x"), tokenLogprobs, fieldProbabilities }, result(1, "y")]);
  const [batch] = await readAll(job, 9);
  const [row, other] = batch?.rows ?? [];
  expect(row?.fieldProbabilities).toEqual(fieldProbabilities);
  expect(row?.tokenLogprobs?.lengths).toEqual(tokenLogprobs.lengths);
  expect(row?.tokenLogprobs?.logprobs).toEqual(tokenLogprobs.logprobs);
  expect([...(row?.tokenLogprobs?.bytes ?? [])]).toEqual([...tokenLogprobs.bytes]);
  expect(other).not.toHaveProperty("tokenLogprobs");
});

test("a full disk is one clear error, and what was kept before stays", () => {
  const path = join(newFolder(), "a.db");
  const db = new Sqlite(path, { migrations: ["CREATE TABLE t (x)"], synchronous: "full" });
  db.run("INSERT INTO t VALUES (1)");
  // SQLite itself says "full" at this limit, as it does when the system has no more room
  db.exec("PRAGMA max_page_count = 4");
  const fill = () => db.transaction(() => db.runEach("INSERT INTO t VALUES (?)", Array(9), () => ["y".repeat(4000)]));
  expect(fill).toThrow(
    expect.objectContaining({ code: "ROWMILL_DISK_FULL", message: expect.stringMatching(/disk is full: .*a\.db/) }),
  );
  expect(db.get("SELECT count(*) AS n FROM t")?.n).toBe(1);
  db.exec("PRAGMA max_page_count = 1000");
  fill();
  expect(db.get("SELECT count(*) AS n FROM t")?.n).toBe(10);
  db.close();
});

test("the log stays small however many rows a job takes", () => {
  using job = JobFile.create(newHome(), newJobId());
  const rows = Array.from({ length: 2000 }, (_, index) => ({ prompt: `${index} `.repeat(60) }));
  for (let batch = 0; batch < 50; batch++) job.appendRows(rows, null);
  expect(statSync(join(job.folder, "job.db")).size).toBeGreaterThan(25_000_000);
  expect(statSync(join(job.folder, "job.db-wal")).size).toBeLessThan(9_000_000);
});

test("a living submitter's folder is left alone when the home is opened again", () => {
  const home = newHome();
  using job = JobFile.create(home, newJobId());
  using again = openHome(home.path);
  expect(again.path).toBe(home.path);
  expect(existsSync(jobFolder(home.path, job.jobId))).toBe(true);
});

test("why an output ended and whether its row was cut are kept with the result", async () => {
  const job = newJobFile(newHome(), ["a", "b", "c", "d"]);
  job.appendResults([
    { ...result(0, "x"), finish: "stop" },
    { ...result(1, "y"), finish: "length", isInputCut: true },
    { ...result(2, ""), output: null, error: "too long", finish: "error" },
  ]);
  const rows = (await readAll(job, 10)).flatMap((batch) => batch.rows);
  expect(rows.map(({ finish, isInputCut }) => [finish, isInputCut])).toEqual([
    ["stop", undefined],
    ["length", true],
    ["error", undefined],
    [undefined, undefined],
  ]);
});
