import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { InferOptions } from "../../src/inferTable.js";
import { type Home, JobFile, openHome } from "../../src/jobs/index.js";
import { checkOptions } from "../../src/submission/options.js";
import { estimateJobs, submitJobs } from "../../src/submission/submit.js";
import { contextOf } from "./context.js";

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rowmill-columns-"));
  home = openHome(folder);
});
afterEach(() => {
  home[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const check = (options: InferOptions) => checkOptions(options, { model: "starter", engine: "auto" });

/** The prompts of a job made of the data, and what its record says. */
async function submit(data: unknown, options: InferOptions) {
  const [jobId] = (await submitJobs(contextOf(home), data, check(options))) as [string];
  using file = JobFile.open(home, jobId);
  const prompts = file.pendingRows(-1, 20_000).map(({ prompt }) => prompt);
  return { prompts, job: home.catalog.get(jobId) };
}

interface Review {
  readonly text: string | null;
  readonly product: string | null;
}
const review = (at: number): Review => ({ text: `number ${at}`, product: `a lamp of kind ${at % 3}` });
const reviews = (count: number) => Array.from({ length: count }, (_, at) => review(at));
const column = ["Review: ", "text", "\nProduct: ", "product"];

it("columns stand as given unless another order is asked for", async () => {
  const { prompts, job } = await submit(reviews(4), { column });
  expect(prompts[3]).toBe("Review: number 3\nProduct: a lamp of kind 0");
  expect(job).toMatchObject({ columnOrder: "given", columnParts: column, columnChoice: null });
});

it("repeated columns come first with their labels, and the record says so and what was given", async () => {
  const { prompts, job } = await submit(reviews(12), { column, columnOrder: "auto" });
  expect(prompts[3]).toBe("Product: a lamp of kind 0\nReview: number 3");
  expect(prompts).toHaveLength(12);
  expect(job).toMatchObject({
    columnOrder: "auto",
    columnParts: ["Product: ", "product", "\nReview: ", "text"],
    columnChoice: { columns: ["product", "text"], given: column },
  });
  const { sharedText = 0, sharedTextAsGiven = 1 } = job.columnChoice ?? {};
  expect(sharedText).toBeGreaterThan(sharedTextAsGiven);
  expect(sharedText).toBeLessThan(1);
});

it("rows without a value stay without, and a row without any has no prompt in every order", async () => {
  const rows = [...reviews(6), { text: null, product: "a lamp of kind 0" }, { text: null, product: null }];
  const { prompts, job } = await submit(rows, { column: ["text", " / ", "product"], columnOrder: "auto" });
  expect(prompts.slice(6)).toEqual(["a lamp of kind 0 / ", null]);
  expect(job.rowsEmpty).toBe(1);
});

it("the first ten thousand rows decide and the rest follow, each row once and in its place", async () => {
  async function* rows() {
    for (let at = 0; at < 13_000; at++)
      // after the sample the text repeats more
      yield at < 10_000 ? review(at) : { text: "the same text for all of them", product: `${at}` };
  }
  const { prompts, job } = await submit(rows(), { column: ["text", " / ", "product"], columnOrder: "auto" });
  expect(job.columnParts).toEqual(["product", " / ", "text"]);
  expect(prompts).toHaveLength(13_000);
  for (const at of [0, 1999, 2000, 9999]) expect(prompts[at]).toBe(`a lamp of kind ${at % 3} / number ${at}`);
  for (const at of [10_000, 12_999]) expect(prompts[at]).toBe(`${at} / the same text for all of them`);
});

it("one column has no order, and a list has no columns to order", async () => {
  const { job } = await submit(reviews(3), { column: ["text"], columnOrder: "auto" });
  expect(job).toMatchObject({ columnOrder: "auto", columnParts: ["text"], columnChoice: null });
  await expect(submit(["a", "b"], { columnOrder: "auto" })).rejects.toMatchObject({
    code: "ROWMILL_BAD_OPTION",
    message: "a list of strings has no columns to put in order: leave option columnOrder out",
  });
});

it("several models get the same order", async () => {
  const jobIds = await submitJobs(
    contextOf(home),
    reviews(12),
    check({ model: ["starter", "starter"], column, columnOrder: "auto" }),
  );
  for (const jobId of jobIds) expect(home.catalog.get(jobId).columnChoice?.columns).toEqual(["product", "text"]);
});

it("a dry run tells the order and how many tokens rows share with it", async () => {
  const estimate = async (columnOrder: "given" | "auto") => {
    const [one] = await estimateJobs(contextOf(home), reviews(60), check({ column, columnOrder }));
    return one!;
  };
  const given = await estimate("given");
  const auto = await estimate("auto");
  expect(given.columnChoice).toBeNull();
  expect(auto.columnChoice?.columns).toEqual(["product", "text"]);
  for (const { inputTokens, sharedTokens, computedTokens } of [given, auto])
    expect(sharedTokens + computedTokens).toBe(inputTokens);
  // the chat template's own tokens are shared in every order
  expect(given.sharedTokens).toBeGreaterThan(59);
  expect(auto.sharedTokens).toBeGreaterThan(given.sharedTokens);
  expect(auto.computedTokens).toBeGreaterThan(60);
});
