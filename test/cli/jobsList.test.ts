import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { renderJob } from "../../src/cli/jobShow.js";
import { renderJobs } from "../../src/cli/jobs.js";
import { JOB_DEFAULTS } from "../../src/submission/defaults.js";
import { Desk } from "./runRowmill.js";

type Job = Parameters<typeof renderJobs>[0][number];
const job = (id: string, more: Partial<Job> = {}) =>
  ({
    ...{ jobId: `job-${id}-0000-4000-8000-000000000000`, status: "SUCCEEDED", createdAt: "2026-11-30T17:55:12.000Z" },
    ...{ name: "reviews of november", model: "starter", rowsTotal: 20_000, rowsDone: 20_000, rowsFailed: 0, ...more },
  }) as Job;

test("at 80 columns every line has the name and the date, and an id that tells the jobs apart", () => {
  const lines = stripVTControlCharacters(
    renderJobs([job("5f0c1a2b"), job("5f0c1a2c", { rowsDone: 19_877, rowsFailed: 123 }), job("77a10000")], 80),
  ).split("\n");
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/^job-5f0c1a2b +SUCCEEDED +20,000 +2026-11-30 17:55 +reviews/);
  expect(lines[2]).toMatch(/^job-5f0c1a2c +SUCCEEDED +20,000 \(123 failed\) +2026-11-30 17:55 +reviews/);
});

test("a name that is long is cut, not the date; without a terminal ids are whole", () => {
  const jobs = [job("5f0c1a2b", { name: "n".repeat(200) })];
  const narrow = stripVTControlCharacters(renderJobs(jobs, 80)).split("\n");
  expect(narrow[1]).toMatch(/2026-11-30 17:55 +n+…$/);
  expect(narrow[1]?.length).toBeLessThanOrEqual(80);
  expect(renderJobs(jobs, Number.POSITIVE_INFINITY)).toContain("job-5f0c1a2b-0000-4000-8000-000000000000");
});

test("ids that begin alike keep as much as tells them apart", () => {
  const lines = renderJobs([job("aaaaaaaa-1111"), job("aaaaaaaa-2222")], 80).split("\n");
  expect(lines[1]?.split(" ")[0]).not.toBe(lines[2]?.split(" ")[0]);
});

test("a job whose folder is gone is no success", () => {
  const lines = stripVTControlCharacters(renderJobs([job("5f0c1a2b", { isLost: true }), job("77a10000")], 80)).split(
    "\n",
  );
  expect(lines[1]).toMatch(/^job-5f0c1a2b +LOST +20,000/);
  expect(lines[2]).toMatch(/ SUCCEEDED /);
  expect(shownJob({ isLost: true })).toMatch(/^status +SUCCEEDED, LOST: its folder is gone, with rows and results$/m);
});

/** A job of which nothing was asked but the least. */
const plain: Partial<Job> = {
  ...{
    name: null,
    description: null,
    priority: 0,
    kind: "table",
    sourcePath: "/data/reviews.csv",
    columnParts: ["text"],
  },
  ...{
    modelRef: { file: "/models/starter.gguf", sha256: null },
    systemPrompt: null,
    failure: null,
    failures: [],
    warnings: [],
    plan: null,
  },
  ...{ outputSchema: null, outputGrammar: null, outputRegex: null, outputChoices: null, confidence: null },
  ...{ outputColumn: "inference_result", outputStyle: "spaced", schemaInPrompt: "descriptions", columnChoice: null },
  ...{ templateArguments: {}, answerPrefix: null, labelProbabilities: false, schemaRetries: 2, maxFailed: null },
  ...{ truncateRows: true, randomSeedPerInput: false, engine: "auto", workers: 0, threads: 0, slots: 0 },
  ...{ startedAt: "2026-11-30T17:55:12.000Z", finishedAt: "2026-11-30T19:56:15.000Z", runnerPid: null, runSeconds: 63 },
  ...{
    rowsCut: 0,
    rowsEmpty: 0,
    rowsTruncated: 0,
    inputTokens: 10,
    inputTokensTotal: 10,
    sharedTokens: 0,
    outputTokens: 4,
  },
  ...{ maxCost: null, maxTotalTokens: null },
  frame: { prefix: "<|im_start|>", suffix: "", trimsRow: false },
  columns: [{ name: "text", type: "string" }],
  sampling: {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, maxTokens: 512, stop: [], seed: 0, presencePenalty: 0 },
    ...{ frequencyPenalty: 0, repetitionPenalty: 1, logprobs: false, tokenLogprobs: false },
  },
};

const shownJob = (more: Partial<Job>, width = 80) =>
  stripVTControlCharacters(renderJob(job("5f0c1a2b", { ...plain, ...more }), JOB_DEFAULTS, width));

test("jobs show says in sentences what was asked, how it went and by which plan", () => {
  const shown = shownJob(
    {
      ...{ outputChoices: ["good", "bad"], rowsFailed: 2, rowsCut: 1, failures: [{ reason: "cut", rows: 2 }] },
      plan: { engine: "native", workers: 1, threads: 2, slots: 4, reasons: ["measured"] },
    },
    Number.POSITIVE_INFINITY,
  );
  for (const line of [
    /^asked +20,000 rows of \/data\/reviews\.csv, text, by starter: each one of its choices$/m,
    /^choices +"good", "bad"$/m,
    /^sampling +temperature 0, at most 512 tokens$/m,
    /^ran for +1 min 3 s$/m,
    /^rows +20,000 of 20,000 done, 2 failed, 1 cut at maxTokens$/m,
    /^tokens +10 in, 4 out$/m,
    /^why rows failed +2: cut$/m,
    /^plan +native: workers 1, threads of each 2, rows at a time of each 4: measured$/m,
  ])
    expect(shown).toMatch(line);
});

test("jobs show says nothing of options of which a submission said nothing", async () => {
  using desk = new Desk();
  desk.write("rows.csv", "text\nThe soup was cold.\n");
  const { code } = await desk.run("infer", "rows.csv", "--column", "text", "--model", "starter", "--quiet");
  expect(code).toBe(0);
  const [{ jobId = "" } = {}] = await desk.json<{ jobId: string }[]>("jobs", "list");
  const { stdout } = await desk.run("jobs", "show", jobId);
  const names = stdout.split("\n").flatMap((line) => /^(\S.*?)(?: {2}|$)/.exec(line)?.[1] ?? []);
  const said = [
    "job",
    "status",
    "asked",
    "model's file",
    "sampling",
    "created",
    "started",
    "ended",
    "ran for",
    "rows",
    "tokens",
  ];
  expect(names.filter((name) => name !== "plan" && name !== "runner's process")).toEqual(said);
  expect(stdout).toMatch(/^sampling +temperature 0, at most \d+ tokens$/m);
});

test("jobs show leaves out what is the default, and what only programs need", () => {
  const shown = shownJob({});
  expect(shown).not.toMatch(/frame|im_start|"type"|\{\}|\[\]|\bfalse\b|[a-z][A-Z]/);
  const changed = shownJob(
    {
      ...{ maxFailed: "5%", slots: 8, truncateRows: false, templateArguments: { enable_thinking: false }, priority: 1 },
      sampling: { ...(plain.sampling as Job["sampling"]), temperature: 0.7, topP: 0.9, stop: ["END"], logprobs: true },
    },
    Number.POSITIVE_INFINITY,
  );
  for (const line of [
    /^status +SUCCEEDED, of priority 1$/m,
    /^sampling +temperature 0.7, at most 512 tokens, topP 0.9, stop \["END"\], logprobs$/m,
    /^template arguments +\{"enable_thinking":false\}$/m,
    /^rows may fail +5%$/m,
    /^too long rows +fail$/m,
    /^overrides +slots 8$/m,
  ])
    expect(changed).toMatch(line);
});

test("jobs show has a system prompt and a schema to their ends, in the terminal's width, and no value is a screenful", () => {
  const systemPrompt = "Say what the review is about. ".repeat(20);
  const outputSchema = {
    type: "object",
    properties: { mood: { enum: Array.from({ length: 20 }, (_, at) => `mood ${at}`) } },
  };
  const shown = shownJob({ systemPrompt: `${systemPrompt}Last words.`, outputSchema });
  expect(shown.replace(/\s+/g, " ")).toContain(`${systemPrompt}Last words.`);
  expect(shown.replace(/\s+/g, " ")).toContain('"mood 19"]}}}');
  const large = shownJob({ systemPrompt: "word ".repeat(100_000) });
  expect(large.split("\n").length).toBeLessThan(40);
  for (const line of [...shown.split("\n"), ...large.split("\n")]) expect(line.length).toBeLessThanOrEqual(80);
});
