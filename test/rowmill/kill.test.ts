import { setTimeout as sleep } from "node:timers/promises";
import { Rowmill } from "rowmill";
import { describe, expect, it, onTestFinished } from "vitest";
import { TICKET_PROMPT, TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

const ROWS = 600;
const KILLS = 5;

const labelling = { model: "starter", systemPrompt: TICKET_PROMPT, outputSchema: TICKET_SCHEMA } as const;
const oneSlot = { workers: 1, threads: 1, slots: 1 } as const;

async function waitFor<T>(look: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await sleep(20);
  }
}

describe("a job outlives its runner", () => {
  it("ends with each row exactly once after five SIGKILLs at random moments", async () => {
    const mill = new Rowmill({ home: temporaryFolder(), output: null });
    onTestFinished(async () => {
      const { runnerPid } = await mill.doctor();
      if (runnerPid !== null) process.kill(runnerPid, "SIGTERM");
      await mill.close();
    });
    const rows = tickets(ROWS);
    const jobId = await mill.infer(rows, {
      ...labelling,
      stayAttached: false,
      // one slot: slow enough to be killed five times, and the same bytes as without
      ...oneSlot,
    });
    const progress = mill.progress(jobId);
    progress.on("progress", () => undefined); // watching also sees to it that there is a runner
    const killed = new Set<number>();
    let leastDone = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const runnerPid = await waitFor(async () => {
        const job = await mill.getJob(jobId);
        expect(job.status).not.toBe("FAILED");
        return job.status === "RUNNING" && job.runnerPid !== null && !killed.has(job.runnerPid) && job.runnerPid;
      });
      // somewhere within its part of the job, however fast that goes
      const rowsThen = Math.floor(((kill + Math.random()) * ROWS * 0.8) / KILLS);
      const before = await waitFor(async () => {
        const job = await mill.getJob(jobId);
        return job.rowsDone >= rowsThen && job;
      });
      process.kill(runnerPid, "SIGKILL");
      killed.add(runnerPid);
      // what was written down as done stays done
      expect(before.rowsDone).toBeGreaterThanOrEqual(leastDone);
      leastDone = before.rowsDone;
    }
    expect(killed.size).toBe(KILLS);
    await waitFor(async () => (await mill.getJobStatus(jobId)) === "SUCCEEDED");
    const job = await mill.getJob(jobId);
    expect(job).toMatchObject({ rowsTotal: ROWS, rowsDone: ROWS, rowsFailed: 0 });
    const results = (await mill.getJobResults(jobId, { includeInputs: true })) as Record<string, string>[];
    expect(results.map((result) => result.input)).toEqual(rows);
    const unbroken = await mill.infer(rows, { ...labelling, ...oneSlot, stayAttached: false });
    expect(results.map((result) => result.inference_result)).toEqual(
      await mill.awaitJobCompletion(unbroken, { silent: true, pollSeconds: 0.2 }),
    );
  });
});
