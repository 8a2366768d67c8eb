import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { acquireLease, LEASE_LAPSE_MS, LEASE_SEEN_LAPSE_MS, leaseHolder, openHome } from "../../src/jobs/index.js";
import { isAlive, ownIdentity } from "../../src/processIdentity.js";
import { claimNext, FakeClock, newHome, submit } from "./fixture.js";

test("a home has one runner at a time", () => {
  const home = newHome();
  const first = acquireLease(home.catalog)!;
  expect(leaseHolder(home.catalog)).toMatchObject({ pid: process.pid, token: first.token });
  expect(acquireLease(home.catalog)).toBeNull();
  first.release();
  expect(leaseHolder(home.catalog)).toBeNull();
  using second = acquireLease(home.catalog)!;
  expect(second.token).not.toBe(first.token);
});

test("a lease lapses without a heartbeat, and not while it is renewed", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const first = acquireLease(home.catalog)!;
  for (let renewal = 0; renewal < 5; renewal++) {
    clock.nowMs += LEASE_SEEN_LAPSE_MS - 1;
    expect(acquireLease(home.catalog)).toBeNull();
    expect(first.renew()).toBe(true);
  }
  clock.nowMs += LEASE_SEEN_LAPSE_MS;
  expect(leaseHolder(home.catalog)).toBeNull();
  const second = acquireLease(home.catalog)!;
  expect(first.renew()).toBe(false);
  first.release();
  expect(leaseHolder(home.catalog)?.token).toBe(second.token);
});

test("a runner that was only late gets its lease back as long as nobody has taken it", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const lease = acquireLease(home.catalog)!;
  clock.nowMs += 10 * LEASE_SEEN_LAPSE_MS;
  expect(leaseHolder(home.catalog)).toBeNull();
  expect(lease.renew()).toBe(true);
  expect(leaseHolder(home.catalog)?.token).toBe(lease.token);
});

test("a recycled process id is not mistaken for the runner", () => {
  const home = newHome();
  // this very process id, but of a process that began at another time
  const former = acquireLease(home.catalog, { ...ownIdentity(), started: "1" })!;
  expect(leaseHolder(home.catalog)).toBeNull();
  using lease = acquireLease(home.catalog)!;
  expect(former.renew()).toBe(false);
  expect(leaseHolder(home.catalog)?.token).toBe(lease.token);
});

test("a runner on another machine counts by its heartbeat, since nobody here can see it", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const far = acquireLease(home.catalog, { pid: 4_000_000, host: "far away", started: "1" })!;
  expect(leaseHolder(home.catalog)?.token).toBe(far.token);
  clock.nowMs += LEASE_LAPSE_MS;
  expect(leaseHolder(home.catalog)).toBeNull();
});

test("this process is alive, a free process id is not, another machine's can't be told", () => {
  expect(isAlive(ownIdentity())).toBe(true);
  // above what Linux, macOS and Windows hand out
  expect(isAlive({ ...ownIdentity(), pid: 2 ** 30 })).toBe(false);
  expect(isAlive({ ...ownIdentity(), host: "far away" })).toBeNull();
});

test("the next runner takes up what a lost one left, and ends what was being cancelled", () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const [starting, running, cancelling, queued] = [submit(home), submit(home), submit(home), submit(home)];
  const lost = acquireLease(home.catalog)!;
  for (const jobId of [starting, running, cancelling]) expect(claimNext(home, lost)?.jobId).toBe(jobId);
  home.catalog.setStatus(running, ["STARTING"], "RUNNING");
  home.catalog.cancel(cancelling);
  expect(home.catalog.queue(1)[0]?.jobId).toBe(queued);

  clock.nowMs += LEASE_SEEN_LAPSE_MS;
  expect(home.catalog.queue(1)[0]?.jobId).toBe(starting);
  expect(claimNext(home, lost)).toBeNull();
  using next = acquireLease(home.catalog)!;
  expect(claimNext(home, lost)).toBeNull();
  for (const jobId of [starting, running, queued]) {
    expect(claimNext(home, next)).toMatchObject({ jobId, status: "STARTING" });
  }
  expect(claimNext(home, next)).toBeNull();
  expect(home.catalog.get(cancelling)).toMatchObject({ status: "CANCELLED", finishedAt: expect.any(String) });
});

test("a runner that was stopped by a signal lapses in a minute, one that is seen to run in more than jobs wait for a disk", async () => {
  const clock = new FakeClock();
  const home = newHome(clock);
  const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const lease = acquireLease(home.catalog, { ...ownIdentity(), pid: child.pid as number, started: "" })!;
  clock.nowMs += LEASE_LAPSE_MS;
  expect(leaseHolder(home.catalog)?.token).toBe(lease.token);
  clock.nowMs += 600_000;
  expect(leaseHolder(home.catalog)?.token).toBe(lease.token);
  child.kill("SIGSTOP");
  await vi.waitUntil(() => leaseHolder(home.catalog) === null, { timeout: 1_000_000 });
  child.kill("SIGCONT");
  await vi.waitUntil(() => leaseHolder(home.catalog)?.token === lease.token, { timeout: 1_000_000 });
});

test("a heartbeat that can't be written neither waits nor ends its runner, unless the lease was taken", () => {
  const home = newHome();
  const impatient = openHome(home.path, { busyTimeoutMs: 0 });
  onTestFinished(() => impatient[Symbol.dispose]());
  const lease = acquireLease(impatient.catalog)!;
  const other = new DatabaseSync(join(home.path, "catalog.db"));
  onTestFinished(() => other.close());
  other.exec("BEGIN EXCLUSIVE");
  expect(lease.renew()).toBe(true);
  expect(() => lease.release()).not.toThrow();
  other.exec("UPDATE lease SET token = 'another'; COMMIT; BEGIN EXCLUSIVE");
  expect(lease.renew()).toBe(false);
});
