import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { InferOptions } from "../../src/inferTable.js";
import { acquireLease, type Home, newJobId, openHome } from "../../src/jobs/index.js";
import { embeddedModelPath } from "../../src/models/index.js";
import { checkOptions } from "../../src/submission/options.js";
import { estimateJobs, submitJobs } from "../../src/submission/submit.js";
import { enter, FACTS, FakeClock, SPEC } from "../jobs/fixture.js";
import { contextOf } from "./context.js";

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-warnings-"));
  home = openHome(folder);
});
afterEach(() => {
  home[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** What is told while the rows of a list are counted for the starter model. */
async function warningsFor(outputSchema: unknown, more: InferOptions = {}): Promise<string[]> {
  const warnings: string[] = [];
  const options = checkOptions({ outputSchema, ...more }, { model: "starter", engine: "auto" });
  await estimateJobs(
    contextOf(home, (line) => warnings.push(line)),
    ["a row"],
    options,
  );
  return warnings;
}

/** What is told while rows with the columns "product" and "text" are counted. */
async function estimateColumn(column: string[], model = "starter"): Promise<string[]> {
  const warnings: string[] = [];
  const rows = [
    { product: "lamp", text: "It hums." },
    { product: "chair", text: "It wobbles." },
  ];
  await estimateJobs(
    contextOf(home, (line) => warnings.push(line)),
    rows,
    checkOptions({ column }, { model, engine: "auto" }),
  );
  return warnings;
}

it("a word among the columns that is none of them is told once, a misspelt column is refused", async () => {
  expect(await estimateColumn(["product", "about", "text", "about"])).toEqual([
    '"about" is no column and stands as text between the columns',
  ]);
  expect(await estimateColumn(["product", ": ", "text"])).toEqual([]);
  await expect(estimateColumn(["product", "txet"])).rejects.toMatchObject({
    code: "ROWMILL_NO_SUCH_COLUMN",
    message: expect.stringMatching(/^no column "txet": the columns are .*"text".*; did you mean "text"\?$/),
  });
});

it("what a schema says and nothing enforces is told in one line each", async () => {
  const path = { type: "string", format: "path" };
  expect(await warningsFor({ type: "object", properties: { at: path, from: path } })).toEqual([
    'the schema\'s format "path" is an annotation and is not enforced',
  ]);
  expect(await warningsFor(z.object({ n: z.string().transform(Number) }))).toEqual([
    "the schema's transform at #/properties/n is not applied: results are what its parse takes",
  ]);
  expect(await warningsFor({ type: "string", format: "date" })).toEqual([]);
});

it("what is only checked after generation is told, and where a row that fails can't be run again", async () => {
  const schema = { type: "array", items: { enum: ["a", "b"] }, uniqueItems: true };
  const [line, ...others] = await warningsFor(schema);
  expect(line).toMatch(
    /^checked after generation: uniqueItems at #.*; at temperature 0 a row that fails is not run again/,
  );
  expect(others).toEqual([]);
  const told = ["checked after generation: uniqueItems at #"];
  expect(await warningsFor(schema, { samplingParams: { temperature: 0.5 } })).toEqual(told);
  expect(await warningsFor(schema, { schemaRetries: 0 })).toEqual(told);
});

it("a dry run downloads nothing and says how to get the model", async () => {
  await expect(estimateColumn(["text"], "http://127.0.0.1:9/x.gguf")).rejects.toMatchObject({
    code: "ROWMILL_MODEL_NOT_FOUND",
    message: expect.stringMatching(
      /is not on this machine, and a dry run downloads nothing: pull it first with `npx rowmill --home \S+ models pull http:\/\/127\.0\.0\.1:9\/x\.gguf`/,
    ),
  });
});

it("an embedding model is refused before any model is downloaded, also by a name of the user's own", async () => {
  const pulls: unknown[] = [];
  const context = { ...contextOf(home), models: { vectors: "qwen-3-embedding-0.6b" }, onPull: pulls.push.bind(pulls) };
  for (const name of ["qwen-3-embedding-0.6b", "vectors"]) {
    const model = ["http://127.0.0.1:9/x.gguf", name];
    const options = checkOptions({ model }, { model: "starter", engine: "auto" });
    await expect(submitJobs(context, ["a row"], options)).rejects.toMatchObject({
      code: "ROWMILL_NOT_A_TEXT_MODEL",
      message: `${name} gives embeddings, not text: choose a text model`,
    });
  }
  expect(pulls).toEqual([]);
});

it("the estimate goes by the time that an earlier job has run, not by the time that it took", async () => {
  const clock = new FakeClock();
  using past = openHome(folder, { clock: clock.read });
  const { catalog } = past;
  const spec = { ...SPEC, modelRef: { file: embeddedModelPath("starter"), sha256: null } };
  const jobId = enter(past, newJobId(), spec, { ...FACTS, rowsTotal: 50 });
  const counts = { rowsDone: 50, rowsFailed: 0, rowsCut: 0, inputTokens: 900, sharedTokens: 0, outputTokens: 100 };
  using lease = acquireLease(catalog)!;
  for (const waitedMs of [0, 3_600_000]) {
    clock.nowMs += waitedMs;
    lease.renew();
    catalog.claim(jobId, lease);
    catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: lease });
    clock.nowMs += 5000;
    if (waitedMs === 0) catalog.setStatus(jobId, ["RUNNING"], "QUEUED", { runner: lease });
  }
  catalog.setStatus(jobId, ["RUNNING"], "SUCCEEDED", { runner: lease, counts });
  const options = checkOptions({}, { model: "starter", engine: "auto" });
  const [estimate] = await estimateJobs(contextOf(home), ["a row"], options);
  const tokens = (estimate?.inputTokens ?? 0) + (estimate?.maxOutputTokens ?? 0);
  expect(estimate).toMatchObject({ secondsBasis: "measured", seconds: Math.ceil(tokens / 100) });
});
