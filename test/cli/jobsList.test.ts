import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { renderJob, renderJobs } from "../../src/cli/jobs.js";

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

test("jobs show says in a sentence what was asked, how long it took and by which plan; no value is a screenful", () => {
  const shown = stripVTControlCharacters(
    renderJob(
      job("5f0c1a2b", {
        ...{ startedAt: "2026-11-30T17:55:12.000Z", finishedAt: "2026-11-30T17:56:15.000Z", kind: "table" },
        ...{ sourcePath: "/data/reviews.csv", columnParts: ["text"], outputChoices: ["good", "bad"] },
        ...{ inputTokens: 10, sharedTokens: 0, columnChoice: null, systemPrompt: "s".repeat(5000) },
        plan: { engine: "native", workers: 1, threads: 2, slots: 4, reasons: ["measured"] },
      }),
    ),
  );
  expect(shown).toMatch(/^asked +20,000 rows of \/data\/reviews\.csv, text, by starter: each one of its choices$/m);
  expect(shown).toMatch(/^took +1 min 3 s$/m);
  expect(shown).toMatch(/^plan +native: workers 1, threads of each 2, rows at a time of each 4: measured$/m);
  expect(shown).toMatch(/^systemPrompt +s+…$/m);
  for (const line of shown.split("\n")) expect(line.length).toBeLessThan(240);
});
