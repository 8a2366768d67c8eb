import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeColumnOrder } from "../../src/cli/columnOrder.js";
import { formatInputTokens } from "../../src/cli/quantities.js";
import { Desk } from "./runRowmill.js";

vi.setConfig({ testTimeout: 180_000 });

const PRODUCTS = ["a garden lamp with a sensor", "a red folding chair", "a kettle that whistles"];
const ROWS = 30;
const texts = Array.from({ length: ROWS }, (_, at) => `${at % 2 === 0 ? "Fine" : "Broken"} since day ${at}`);

let desk: Desk;
let options: string[];

beforeAll(() => {
  desk = new Desk();
  const rows = texts.map((text, at) => `${at},${text},${PRODUCTS[at % 3]}`);
  desk.write("reviews.csv", `id,text,product\n${rows.join("\n")}\n`);
  desk.write("list.txt", "one\ntwo\n");
  const columns = ["--column", "Review: ", "--column", "text", "--column", " / Product: ", "--column", "product"];
  options = [...columns, "--column-order", "auto", "--model", "starter", "--choices", "good,bad"];
});
afterAll(() => desk[Symbol.dispose]());

interface ShownJob {
  readonly jobId: string;
  readonly columnParts: string[];
  readonly columnOrder: string;
  readonly columnChoice: { columns: string[]; given: string[] };
  readonly rowsDone: number;
}

test("a table runs with its columns in the order that shares most, which is told and kept, and its results are in row order", async () => {
  const told = /^columns in the order product, text: shares \d+ % of the rows' text \(as given \d+ %\)$/m;
  const ended = await desk.run("infer", "reviews.csv", ...options, "--json");
  expect(ended.stderr).toMatch(told);
  const job = JSON.parse(ended.stdout) as ShownJob;
  expect(job).toMatchObject({
    rowsDone: ROWS,
    columnOrder: "auto",
    columnParts: ["Product: ", "product", " / Review: ", "text"],
    columnChoice: { columns: ["product", "text"], given: ["Review: ", "text", " / Product: ", "product"] },
  });
  const results = await desk.json<{ id: string; text: string; inference_result: string }[]>(
    "jobs",
    "results",
    job.jobId,
  );
  expect(results.map(({ text }) => text)).toEqual(texts);
  expect(results.every(({ inference_result: label }) => ["good", "bad"].includes(label))).toBe(true);
  const shown = await desk.run("jobs", "show", job.jobId);
  expect(shown.stdout).toMatch(/^columns +columns in the order product, text: shares /m);
});

test("a dry run shows the order, and the tokens that are shared and computed", async () => {
  const { stdout } = await desk.run("infer", "reviews.csv", ...options, "--dry-run");
  expect(stdout).toMatch(/^columns +columns in the order product, text: shares \d+ % of the rows' text/m);
  expect(stdout).toMatch(/^input tokens +[\d,]+ \(\d+ % shared, [\d,]+ computed\)$/m);
});

test("a list has no columns to order: one line, in the flag's own name", async () => {
  const { code, stderr } = await desk.run("infer", "list.txt", "--column-order", "auto", "--model", "starter");
  expect(stderr).toMatch(/a list of strings has no columns to put in order: leave --column-order out/);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
});

test("an order that stays is said too", () => {
  const choice = { columns: ["a", "b"], given: ["a", ", ", "b"], sharedText: 0.123, sharedTextAsGiven: 0.123 };
  expect(describeColumnOrder(choice)).toBe(
    "columns in the order given, a, b: no other order found that shares more than 12 % of the rows' text",
  );
});

test("shared tokens stand beside those asked for, where there are any", () => {
  expect(formatInputTokens(1_234_567, 1_000_000)).toBe("1,234,567 (81 % shared, 234,567 computed)");
  expect(formatInputTokens(1_234_567, 0)).toBe("1,234,567");
});
