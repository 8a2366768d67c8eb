import { setTimeout as sleep } from "node:timers/promises";
import { Rowmill } from "rowmill";
import { expect, it, vi } from "vitest";
import { type JobRecord, openHome } from "../../src/jobs/index.js";
import { machineFacts } from "../../src/models/index.js";
import { openRowmill, TICKET_PROMPT, temporaryFolder, tickets } from "../rowmill/fixture.js";

/** Only a hang ends a wait. */
const ASK = { timeout: 1_000_000, interval: 50 };
const oneCore = {
  ...{ model: "starter", systemPrompt: TICKET_PROMPT, samplingParams: { maxTokens: 8 } },
  ...{ workers: 1, threads: 1, slots: 1, stayAttached: false },
} as const;
const ended = { silent: true, pollSeconds: 0.1 };
const { cores } = machineFacts();

function recordOf(path: string, jobId: string): JobRecord {
  using home = openHome(path);
  return home.catalog.get(jobId);
}

it.skipIf(cores < 2)(
  "a job that needs more cores than are free blocks no smaller one behind it, and runs when there are enough",
  async () => {
    const mill = openRowmill();
    const long = await mill.infer(tickets(30_000), oneCore);
    await vi.waitUntil(async () => (await mill.getJob(long)).rowsDone > 0, ASK);
    const wide = await mill.infer(tickets(4), { ...oneCore, workers: cores });
    const small = await mill.infer(tickets(4), oneCore);
    await mill.awaitJobCompletion(small, ended);
    expect(await Promise.all([long, wide, small].map((id) => mill.getJobStatus(id)))).toEqual([
      "RUNNING",
      "QUEUED",
      "SUCCEEDED",
    ]);
    expect((await mill.getJob(wide)).waitingFor).toContain(long.slice(0, 12));
    await mill.cancelJob(long);
    await mill.awaitJobCompletion(wide, ended);
    expect(await mill.getJob(wide)).toMatchObject({ status: "SUCCEEDED", plan: { workers: cores, threads: 1 } });
    expect(await mill.getJobStatus(long)).toBe("CANCELLED");
  },
);

it.skipIf(cores < 2)("of two jobs that run beside each other the one that is cancelled stops", async () => {
  const mill = openRowmill();
  const [one, other] = [await mill.infer(tickets(30_000), oneCore), await mill.infer(tickets(30_000), oneCore)];
  for (const id of [one, other]) await vi.waitUntil(async () => (await mill.getJob(id)).rowsDone > 0, ASK);
  await mill.cancelJob(one);
  await vi.waitUntil(async () => (await mill.getJobStatus(one)) === "CANCELLED", ASK);
  const { rowsDone } = await mill.getJob(other);
  await vi.waitUntil(async () => (await mill.getJob(other)).rowsDone > rowsDone, ASK);
  expect(await mill.getJobStatus(other)).toBe("RUNNING");
});

it("the time between two runners is none that a job has run", async () => {
  const home = temporaryFolder();
  const open = () => new Rowmill({ home, runner: "in-process", output: null });
  const first = open();
  const jobId = await first.infer(tickets(30_000), oneCore);
  await vi.waitUntil(async () => (await first.getJob(jobId)).rowsDone > 0, ASK);
  await first.close();
  const gapMs = 2000;
  await sleep(gapMs);
  // whoever asks a Rowmill for it begins to run it
  const stopped = recordOf(home, jobId);
  expect(stopped).toMatchObject({ status: "QUEUED", finishedAt: null });
  expect(stopped.runSeconds).toBeGreaterThan(0);
  await using mill = open();
  await vi.waitUntil(async () => (await mill.getJob(jobId)).rowsDone > stopped.rowsDone, ASK);
  await mill.cancelJob(jobId);
  await mill.awaitJobCompletion(jobId, ended);
  const job = await mill.getJob(jobId);
  expect(job).toMatchObject({ status: "CANCELLED", startedAt: stopped.startedAt });
  const allMs = Date.parse(job.finishedAt as string) - Date.parse(stopped.startedAt as string);
  expect(1000 * job.runSeconds).toBeLessThanOrEqual(allMs - gapMs);
  expect(job.runSeconds).toBeGreaterThan(stopped.runSeconds);
});
