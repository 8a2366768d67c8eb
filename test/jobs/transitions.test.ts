import { expect, test } from "vitest";
import { acquireLease, JOB_STATUSES, type JobStatus } from "../../src/jobs/index.js";
import { claimNext, newHome, submit } from "./fixture.js";

// every stored status against every other: what is not named here must be refused
const LEGAL: Record<Exclude<JobStatus, "UNKNOWN">, readonly JobStatus[]> = {
  QUEUED: ["STARTING", "CANCELLED", "FAILED"],
  STARTING: ["RUNNING", "QUEUED", "STARTING", "CANCELLING", "FAILED"],
  RUNNING: ["SUCCEEDED", "QUEUED", "STARTING", "CANCELLING", "FAILED"],
  CANCELLING: ["CANCELLED", "FAILED"],
  SUCCEEDED: [],
  CANCELLED: [],
  FAILED: [],
};
// how a job comes to a status
const ROADS: Record<keyof typeof LEGAL, readonly JobStatus[]> = {
  QUEUED: [],
  STARTING: ["STARTING"],
  RUNNING: ["STARTING", "RUNNING"],
  CANCELLING: ["STARTING", "CANCELLING"],
  SUCCEEDED: ["STARTING", "RUNNING", "SUCCEEDED"],
  CANCELLED: ["CANCELLED"],
  FAILED: ["FAILED"],
};

for (const from of Object.keys(LEGAL) as (keyof typeof LEGAL)[]) {
  test(`from ${from} a job goes to ${LEGAL[from].join(", ") || "no other status"}, and nowhere else`, () => {
    const { catalog, ...home } = newHome();
    for (const to of JOB_STATUSES) {
      const jobId = submit({ catalog, ...home });
      let status: JobStatus = "QUEUED";
      for (const next of ROADS[from]) {
        expect(catalog.setStatus(jobId, [status], next)).toBe(true);
        status = next;
      }
      if (LEGAL[from].includes(to)) {
        expect(catalog.setStatus(jobId, [from], to)).toBe(true);
        expect(catalog.status(jobId)).toBe(to);
      } else {
        expect(() => catalog.setStatus(jobId, [from], to)).toThrow(/can't go from/);
        expect(catalog.status(jobId)).toBe(from);
      }
    }
  });
}

test("a change that expects another status changes nothing", () => {
  const home = newHome();
  const jobId = submit(home);
  expect(home.catalog.setStatus(jobId, ["STARTING"], "RUNNING")).toBe(false);
  expect(home.catalog.setStatus("job-nobody", ["STARTING"], "RUNNING")).toBe(false);
  expect(home.catalog.status(jobId)).toBe("QUEUED");
});

test("a runner can't change a job that is another runner's by now", () => {
  const home = newHome();
  const jobId = submit(home);
  using first = acquireLease(home.catalog)!;
  claimNext(home, first);
  first.release();
  using second = acquireLease(home.catalog)!;
  expect(claimNext(home, second)?.jobId).toBe(jobId);
  expect(home.catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: first })).toBe(false);
  expect(home.catalog.setStatus(jobId, ["STARTING"], "RUNNING", { runner: second })).toBe(true);
});

test("a job that has ended has its time, its counts, its reason and no runner", () => {
  const home = newHome();
  const jobId = submit(home);
  using lease = acquireLease(home.catalog)!;
  expect(claimNext(home, lease)).toMatchObject({ status: "STARTING", runnerPid: process.pid, finishedAt: null });
  const counts = { rowsDone: 2, rowsFailed: 1, rowsCut: 1, inputTokens: 60, sharedTokens: 25, outputTokens: 8 };
  home.catalog.setStatus(jobId, ["STARTING"], "FAILED", { failure: "out of memory", counts, runner: lease });
  const ended = home.catalog.get(jobId);
  expect(ended).toMatchObject({ status: "FAILED", failure: "out of memory", runnerPid: null, ...counts });
  expect(Date.parse(ended.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(ended.startedAt!));
  home.catalog.snapshot(jobId, { ...counts, rowsDone: 3 });
  expect(home.catalog.get(jobId).rowsDone).toBe(2);
});
