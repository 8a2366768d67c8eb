import { expect, it } from "vitest";
import { acquireLease } from "../../src/jobs/index.js";
import { queuedJob, WaitingJobs } from "../../src/runner/waitingJobs.js";
import { claimNext, newHome, submit } from "../jobs/fixture.js";

it("a job is read once while it waits, and what was found out about it stays until it is claimed", () => {
  const home = newHome();
  const [first, second] = [submit(home, { priority: 1 }), submit(home)];
  using lease = acquireLease(home.catalog)!;
  const waiting = new WaitingJobs(home);
  const seen = waiting.look();
  expect(seen.jobs.map(({ job }) => job.jobId)).toEqual([second, first]);
  expect(seen.hasNew).toBe(true);
  waiting.note([{ jobId: first, for: "turn", overtaken: 3 }]);
  const again = waiting.look();
  expect(again.hasNew).toBe(false);
  expect(again.jobs[1]).toBe(seen.jobs[1]);
  expect(queuedJob(waiting.get(first), false)).toMatchObject({ priority: 1, needs: null, overtaken: 3 });

  expect(claimNext(home, lease)?.jobId).toBe(second);
  expect(waiting.look().jobs.map(({ job }) => job.jobId)).toEqual([first]);
  home.catalog.snapshot(second, {
    ...{ rowsDone: 2, rowsFailed: 0, rowsCut: 0 },
    ...{ inputTokens: 1, sharedTokens: 0, outputTokens: 1 },
  });
  home.catalog.setStatus(second, ["STARTING"], "QUEUED", { runner: lease });
  expect(waiting.look()).toMatchObject({
    jobs: [{ job: { jobId: second, rowsDone: 2 } }, { overtaken: 3 }],
    hasNew: true,
  });
});

it("what of memory a job waits for is told to others, and no longer when it waits for something else", () => {
  const home = newHome();
  const jobId = submit(home);
  const waiting = new WaitingJobs(home);
  const told = (lack: "memory" | "gpuMemory" | "cores" | "turn") => {
    waiting.note([{ jobId, for: lack, overtaken: 0 }]);
    return home.catalog.waitsFor(jobId);
  };
  waiting.look();
  expect((["memory", "gpuMemory", "cores", "memory", "turn"] as const).map(told)).toEqual([
    ...["memory", "memory of the GPU", null, "memory", null],
  ]);
  told("memory");
  // what a runner that has ended left there is seen, and put right
  const next = new WaitingJobs(home);
  next.look();
  next.note([{ jobId, for: "cores", overtaken: 0 }]);
  expect(home.catalog.waitsFor(jobId)).toBeNull();
});

it("of a long queue the beginning is looked at", () => {
  const home = newHome();
  for (let at = 0; at < 100; at++) submit(home);
  const { jobs } = new WaitingJobs(home).look();
  expect(jobs.length).toBeGreaterThan(10);
  expect(jobs.length).toBeLessThan(100);
});

it("a line that its own id does not find is damage, and not a job that waits for ever", () => {
  const home = newHome();
  const jobId = submit(home);
  const { catalog } = home;
  const seq = catalog.queue(1)[0]?.seq ?? 0;
  expect(catalog.findQueued({ jobId, seq })?.jobId).toBe(jobId);
  // a line that has gone is none
  expect(catalog.findQueued({ jobId: "job-gone", seq: seq + 1 })).toBeNull();
});
