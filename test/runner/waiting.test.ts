import { expect, it } from "vitest";
import { acquireLease } from "../../src/jobs/index.js";
import { waitsIn } from "../../src/runner/waiting.js";
import { claimNext, FakeClock, newHome, submit } from "../jobs/fixture.js";

it("what a job still takes is told by the time that it has run, not by the time since it first began", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const [running, behind] = [submit(home), submit(home)];
  using lease = acquireLease(home.catalog)!;
  const counts = { rowsDone: 1, rowsFailed: 0, rowsCut: 0, inputTokens: 1, sharedTokens: 0, outputTokens: 1 };
  claimNext(home, lease);
  clock.nowMs += 10_000;
  home.catalog.snapshot(running, counts, lease);
  home.catalog.setStatus(running, ["STARTING"], "QUEUED", { runner: lease });
  clock.nowMs += 3_600_000;
  lease.renew();
  expect(claimNext(home, lease)?.jobId).toBe(running);
  // one of three rows in ten seconds
  expect(waitsIn(home)(home.catalog.get(behind))).toBe(`${running.slice(0, 12)} (33 % done, about 20 s left)`);
});
