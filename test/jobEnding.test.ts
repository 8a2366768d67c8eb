import { expect, test } from "vitest";
import { describeEnding } from "../src/jobEnding.js";
import type { JobRecord } from "../src/jobs/index.js";

const job = {
  ...{ jobId: "job-1", status: "FAILED", failure: null, failures: [], rowsTotal: 4, rowsDone: 0, rowsFailed: 0 },
  ...{ rowsCut: 0, rowsTruncated: 0, sampling: { maxTokens: 8 } },
};
const ending = (more: object) => describeEnding({ ...job, ...more } as unknown as JobRecord, "rowmill");

test("results are offered only where a row has one", () => {
  expect(ending({ failure: "no", rowsFailed: 4 })).toEqual(["job-1 has failed: no"]);
  expect(ending({ failure: "no", rowsDone: 1 })).toEqual([
    "job-1 has failed: no; its results: rowmill jobs results job-1",
  ]);
  expect(ending({ status: "CANCELLED" })).toEqual(["job-1 was cancelled before a row was done"]);
  expect(ending({ status: "CANCELLED", rowsDone: 1 })).toEqual([
    "job-1 was cancelled; the rows that were done: rowmill jobs results job-1",
  ]);
});

test("a reason is told once, and several with their counts", () => {
  const failure = "4 of 4 rows failed, most often: too long";
  expect(ending({ failure, rowsFailed: 4, failures: [{ reason: "too long", rows: 4 }] })).toHaveLength(1);
  const failures = [
    { reason: "too long", rows: 3 },
    { reason: "no JSON", rows: 1 },
  ];
  expect(ending({ failure, rowsFailed: 4, failures }).slice(1)).toEqual([
    "why rows failed:",
    "  3 rows: too long",
    "  1 row: no JSON",
  ]);
  // with success nothing else has said it
  const some = ending({ status: "SUCCEEDED", rowsDone: 3, rowsFailed: 1, failures: [{ reason: "too long", rows: 1 }] });
  expect(some.slice(1)).toEqual(["why rows failed:", "  1 row: too long"]);
});
