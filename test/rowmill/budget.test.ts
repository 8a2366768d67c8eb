import { expect, it } from "vitest";
import { openRowmill } from "./fixture.js";

const ROWS = Array.from({ length: 80 }, (_, row) => `The parcel ${row} came late.`);
const OPTIONS = { model: "starter", stayAttached: false, samplingParams: { maxTokens: 6 } } as const;

for (const engine of ["native", "node-llama-cpp"] as const)
  for (const workers of [1, 2])
    it(`${engine}, ${workers} worker(s): a job on this machine stops before it takes more tokens than it may`, async () => {
      const mill = openRowmill();
      // fewer rows than slots, and more than fit in them at once
      for (const maxTotalTokens of [120, 900]) {
        const options = { ...OPTIONS, engine, workers, slots: 8, threads: 1, maxTotalTokens };
        const jobId = await mill.infer(ROWS, options);
        await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 });
        const job = await mill.getJob(jobId);
        expect(job).toMatchObject({ status: "FAILED", rowsFailed: 0 });
        expect(job.failure).toMatch(/^its budget does not last for another row/);
        expect(job.rowsDone).toBeGreaterThan(0);
        expect(job.rowsDone).toBeLessThan(ROWS.length);
        expect(job.inputTokens + job.outputTokens).toBeLessThanOrEqual(maxTotalTokens);
        const done = (await mill.getJobResults(jobId)).filter((result) => result !== null);
        expect(done.length).toBe(job.rowsDone);
      }
    });

it("a job that is taken up again goes on with what is left of its budget", async () => {
  const mill = openRowmill({ runner: "process" });
  const jobId = await mill.infer(ROWS, { ...OPTIONS, slots: 1, workers: 1, maxTotalTokens: 1500 });
  for (;;) {
    const { rowsDone, runnerPid, status } = await mill.getJob(jobId);
    if (status === "FAILED") break;
    if (rowsDone >= 5 && runnerPid !== null) {
      process.kill(runnerPid, "SIGKILL");
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await mill.awaitJobCompletion(jobId, { silent: true, pollSeconds: 0.05 });
  const job = await mill.getJob(jobId);
  expect(job.status).toBe("FAILED");
  expect(job.inputTokens + job.outputTokens).toBeLessThanOrEqual(1500);
  expect(job.inputTokens + job.outputTokens).toBeGreaterThan(1400);
});

it("one that lasts for no row is refused, by a dry run as well", async () => {
  const mill = openRowmill();
  const options = { ...OPTIONS, maxTotalTokens: 5 };
  const message = /^maxTotalTokens: 5 tokens do not last for one row, which may take \d+ tokens; raise it, or lower/;
  await expect(mill.infer(ROWS, options)).rejects.toThrow(message);
  await expect(mill.infer(ROWS, { ...options, dryRun: true })).rejects.toThrow(message);
  await expect(mill.infer(ROWS, { ...OPTIONS, maxCost: 1 })).rejects.toThrow(
    "maxCost bounds what an endpoint costs, and starter runs on this machine: bound its tokens with maxTotalTokens",
  );
  expect(await mill.listJobs()).toEqual([]);
});
