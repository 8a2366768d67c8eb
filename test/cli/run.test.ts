import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Desk } from "./runRowmill.js";

// a dozen processes one after another, each of which loads the library
vi.setConfig({ testTimeout: 180_000 });

const SCHEMA = { type: "object", properties: { mood: { enum: ["good", "bad"] } }, required: ["mood"] };
const TEXTS = ["The soup was cold.", "A fine tent, dry all night.", 'She said "never again",\nand left.'];

interface ShownJob {
  jobId: string;
  status: string;
  runnerPid: number | null;
  rowsTotal: number;
  rowsDone: number;
  rowsFailed: number;
  inputTokens: number;
  outputTokens: number;
}

let desk: Desk;
let table: string[];

beforeAll(() => {
  desk = new Desk();
  const rows = TEXTS.map((text, i) => `${i},"${text.replaceAll('"', '""')}"`);
  desk.write("texts.csv", `id,text\n${rows.join("\n")}\n`);
  desk.write("mood.schema.json", JSON.stringify(SCHEMA));
  const long = Array.from({ length: 20_000 }, (_, i) => `${i},The parcel came late and the box was open`);
  desk.write("long.csv", `id,text\n${long.join("\n")}\n`);
  table = ["texts.csv", "--column", "text", "--model", "starter", "--schema", "mood.schema.json"];
});
afterAll(() => desk[Symbol.dispose]());

const isMood = (text: unknown) => ["good", "bad"].includes((JSON.parse(String(text)) as { mood: string }).mood);

test("an attached job ends with its first rows on stdout and the way to all of them on stderr", async () => {
  const { code, stdout, stderr } = await desk.run("infer", ...table);
  expect(stderr).toContain("Progress: 100% 3/3");
  expect(stderr).toMatch(/its results: .*jobs results job-[0-9a-f-]{36}$/m);
  expect(stderr.match(/jobs results/g)).toHaveLength(1);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^text +inference_result$/);
  // a row's line break stays in its line
  expect(lines).toHaveLength(1 + TEXTS.length);
  expect(lines[3]).toMatch(/^She said "never again", and left\. +\{"mood": ?"(good|bad)"\}$/);
  expect(code).toBe(0);
});

test("a job's whole life by commands: dry run, detach, attach, results in every format, remove", async () => {
  const estimate = await desk.json<Record<string, number>>("infer", ...table, "--dry-run");
  expect(estimate).toMatchObject({ rows: 3 });
  for (const field of ["inputTokens", "maxOutputTokens", "cost", "seconds"])
    expect(estimate[field]).toBeTypeOf("number");

  const options = ["--output-column", "answer", "--name", "first", "--sampling", '{"max_tokens": 20}'];
  const { jobId } = await desk.json<{ jobId: string }>("infer", ...table, ...options, "--detach");
  const attached = await desk.json<ShownJob>("attach", jobId);
  expect(attached).toMatchObject({ jobId, status: "SUCCEEDED" });

  const [shown, listed, status] = await Promise.all([
    desk.json<ShownJob & { name: string }>("jobs", "show", jobId),
    desk.json<ShownJob[]>("jobs", "list", "--status", "succeeded"),
    desk.run("jobs", "status", jobId),
  ]);
  expect(shown).toMatchObject({
    status: "SUCCEEDED",
    name: "first",
    runnerPid: null,
    rowsTotal: 3,
    rowsDone: 3,
    rowsFailed: 0,
  });
  const forPeople = await desk.run("jobs", "list");
  expect(forPeople.stdout).toContain(jobId);
  expect(forPeople.stderr).toBe("");
  expect(shown.inputTokens).toBe(estimate.inputTokens);
  expect(shown.outputTokens).toBeGreaterThan(0);
  expect(listed[0]?.jobId).toBe(jobId);
  expect(status.stdout).toBe("SUCCEEDED\n");

  const [jsonl, json, outputs, unpacked, arrow, parquet, renamed] = await Promise.all([
    desk.run("jobs", "results", jobId),
    desk.json<Record<string, unknown>[]>("jobs", "results", jobId),
    desk.json<Record<string, unknown>[]>("jobs", "results", jobId, "--no-include-inputs"),
    desk.run("jobs", "results", jobId, "--unpack-json", "--format", "csv"),
    desk.run("jobs", "results", jobId, "--output", "out.arrow"),
    desk.run("jobs", "results", jobId, "--output", "out.parquet"),
    desk.json<Record<string, unknown>[]>("jobs", "results", jobId, "--output-column", "other"),
  ]);
  const lines = jsonl.stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(json);
  expect(json.map(({ text }) => text)).toEqual(TEXTS);
  expect(json.every(({ answer }) => isMood(answer))).toBe(true);
  expect(Object.keys(outputs[0] ?? {})).not.toContain("text");
  expect(unpacked.stdout.split("\n")[0]).toMatch(/^id,text,mood/);
  expect(Object.keys(renamed[0] ?? {})).toContain("other");
  const read = tableFromIPC(readFileSync(join(desk.folder, "out.arrow")));
  expect([...(read.getChild("text") ?? [])]).toEqual(TEXTS);
  expect(arrow.stderr).toContain("Wrote 3 rows to");
  expect(readFileSync(join(desk.folder, "out.parquet")).subarray(0, 4).toString()).toBe("PAR1");
  expect(parquet.code).toBe(0);

  expect(await desk.json("jobs", "rm", jobId.slice(0, 12))).toEqual({ removed: [jobId] });
  expect((await desk.run("jobs", "show", jobId)).code).toBe(2);
});

test("with --output the results lie in the file, and --json gives the record and the file's place", async () => {
  const ended = await desk.json<ShownJob & { results: string }>("infer", ...table, "--output", "out.jsonl");
  expect(ended).toMatchObject({ status: "SUCCEEDED", rowsDone: 3 });
  const rows = readFileSync(join(desk.folder, "out.jsonl"), "utf8").trimEnd().split("\n");
  expect(rows.map((row) => isMood((JSON.parse(row) as { inference_result: string }).inference_result))).toEqual([
    true,
    true,
    true,
  ]);
  expect(ended.results).toMatch(/out\.jsonl$/);
});

test("the first rows of several columns show the prompts, under the columns' names", async () => {
  const { stdout } = await desk.run(
    "infer",
    ...table.slice(0, 1),
    "--column",
    "id",
    "--column",
    ": ",
    ...table.slice(1),
  );
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^id, text +inference_result$/);
  expect(lines[1]).toMatch(/^0: The soup was cold\. +\{/);
});

test("with --unpack-json the keys are columns, on the screen and in the file", async () => {
  const shown = await desk.run("infer", ...table, "--unpack-json");
  expect(shown.stdout.split("\n")[0]).toMatch(/^text +mood$/);
  expect(shown.stdout).toMatch(/^The soup was cold\. +(good|bad)$/m);
  expect(shown.stderr).toMatch(/All results: .* --unpack-json --output results\.csv/);
  await desk.run("infer", ...table, "--unpack-json", "--output", "moods.csv");
  const lines = readFileSync(join(desk.folder, "moods.csv"), "utf8").split("\n");
  expect(lines[0]).toBe("id,text,mood");
  expect(lines[1]).toMatch(/^0,The soup was cold\.,(good|bad)$/);
});

test("a dry run with --output writes nothing and says so", async () => {
  const { code, stdout, stderr } = await desk.run("infer", ...table, "--dry-run", "--output", "dry.csv");
  expect(stdout).toMatch(/^time +at most about /m);
  expect(stderr).toContain("--output is ignored");
  expect(existsSync(join(desk.folder, "dry.csv"))).toBe(false);
  expect(code).toBe(0);
});

test("Ctrl-C before the job is there says that nothing was submitted", async () => {
  const before = await desk.json<ShownJob[]>("jobs", "list");
  // the warning comes before the rows are read
  const vain = '{"type": "string", "format": "telephone"}';
  const started = desk.start("infer", "long.csv", "--column", "text", "--model", "starter", "--schema", vain);
  await started.seen("warning:");
  started.kill("SIGINT");
  const { code, stdout, stderr } = await started.ended;
  expect(stderr).toContain("nothing was submitted");
  expect(stdout).toBe("");
  expect(code).toBe(130);
  expect(await desk.json("jobs", "list")).toEqual(before);
});

test("several models give several jobs, detached", async () => {
  const { jobIds } = await desk.json<{ jobIds: string[] }>(
    "infer",
    ...table,
    "--model",
    "starter",
    "--name",
    "a",
    "--name",
    "b",
  );
  expect(jobIds).toHaveLength(2);
  const jobs = await Promise.all(jobIds.map((jobId) => desk.json<{ name: string; status: string }>("attach", jobId)));
  expect(jobs.map(({ name, status }) => [name, status])).toEqual([
    ["a", "SUCCEEDED"],
    ["b", "SUCCEEDED"],
  ]);
});

test("Ctrl-C and the end of the time leave the job running; cancelling ends it and its watcher with 3", async () => {
  const attached = desk.start(
    "infer",
    "long.csv",
    "--column",
    "text",
    "--model",
    "starter",
    "--sampling",
    '{"maxTokens": 300}',
    "--output",
    "never.csv",
    ...["--workers", "1", "--threads", "1", "--slots", "1"],
  );
  await attached.seen("Progress:");
  attached.kill("SIGINT");
  const left = await attached.ended;
  expect(left.code).toBe(130);
  const jobId = /(job-[0-9a-f-]{36}) goes on\. Attach again with: .* attach \1/.exec(left.stderr)?.[1] ?? "";
  expect(jobId).not.toBe("");
  expect(left.stderr).toMatch(new RegExp(`never\\.csv was not written.* jobs results ${jobId} --output never\\.csv`));
  expect(existsSync(join(desk.folder, "never.csv"))).toBe(false);

  const early = await desk.run("jobs", "results", jobId, "--no-include-inputs");
  expect(early.code).toBe(0);
  expect(early.stdout.trimEnd().split("\n")).toHaveLength(20_000);
  expect(early.stderr).toMatch(
    new RegExp(`^warning: ${jobId} is [A-Z]+: [\\d,]+ of 20,000 rows have no result yet$`, "m"),
  );

  const timed = await desk.run("attach", jobId, "--timeout", "0.2");
  expect(timed.code).toBe(4);
  expect(timed.stderr).toContain(`${jobId} goes on`);
  expect(["QUEUED", "STARTING", "RUNNING"]).toContain((await desk.json<ShownJob>("jobs", "status", jobId)).status);

  const watcher = desk.start("attach", jobId);
  await watcher.seen("Progress:");
  const cancelled = await desk.json<ShownJob>("jobs", "cancel", jobId);
  expect(["CANCELLING", "CANCELLED"]).toContain(cancelled.status);
  const watched = await watcher.ended;
  expect(watched.code).toBe(3);
  expect(watched.stderr).toMatch(
    /was cancelled(?: before a row was done|; the rows that were done: node .*main\.js jobs results job-)/,
  );
  const rest = await desk.run("jobs", "results", jobId, "--output", "rest.csv");
  expect(rest.stderr).toMatch(/warning: .* is CANCELLED: [\d,]+ of 20,000 rows have no result$/m);
});

test("a job whose model has gone fails: exit code 1, with the reason", async () => {
  const starter = readFileSync(new URL("../../models/starter/starter.gguf", import.meta.url));
  desk.write("mine.gguf", starter);
  const busy = await desk.json<{ jobId: string }>(
    "infer",
    "long.csv",
    "--column",
    "text",
    "--model",
    "starter",
    "--detach",
  );
  const words = ["infer", "texts.csv", "--column", "text", "--model", "./mine.gguf", "--priority", "1", "--detach"];
  const { jobId } = await desk.json<{ jobId: string }>(...words);
  desk.write("mine.gguf", "no model any more");
  await desk.run("jobs", "cancel", busy.jobId);
  const failed = await desk.run("attach", jobId);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/has failed: .*mine\.gguf/);
});

test("a reader that has seen enough is no error", async () => {
  const { jobId } = await desk.json<{ jobId: string }>("infer", ...table, "--detach");
  await desk.run("attach", jobId);
  const { code, stderr } = await desk.pipeToNobody("jobs", "results", jobId);
  expect(stderr).toBe("");
  expect(code).toBe(0);
});
