import { expect, it } from "vitest";
import { RunClock } from "../../src/progress/runClock.js";

it("a job's time goes on between two counts of its runner, and never back", () => {
  const clock = new RunClock();
  const seen = [
    clock.secondsOf({ status: "STARTING", runSeconds: 10 }, 0),
    clock.secondsOf({ status: "RUNNING", runSeconds: 10 }, 900),
    clock.secondsOf({ status: "RUNNING", runSeconds: 11 }, 1200),
    clock.secondsOf({ status: "RUNNING", runSeconds: 11 }, 1700),
  ];
  expect(seen).toEqual([10, 10.9, 11, 11.5]);
});

it("the time of a job that waits for its turn stands still, and goes on from there", () => {
  const clock = new RunClock();
  const job = { runSeconds: 7 };
  expect(clock.secondsOf({ ...job, status: "RUNNING" }, 0)).toBe(7);
  for (const nowMs of [1000, 60_000]) expect(clock.secondsOf({ ...job, status: "QUEUED" }, nowMs)).toBe(7);
  expect(clock.secondsOf({ ...job, status: "RUNNING" }, 90_000)).toBe(7);
  expect(clock.secondsOf({ ...job, status: "RUNNING" }, 90_500)).toBe(7.5);
});

it("the time of a job whose runner is gone ends", () => {
  const clock = new RunClock();
  const job = { status: "RUNNING", runSeconds: 7 };
  clock.secondsOf(job, 0);
  expect(clock.secondsOf(job, 3_600_000)).toBeLessThan(20);
});
