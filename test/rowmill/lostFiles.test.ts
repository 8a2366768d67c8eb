import { readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Rowmill } from "rowmill";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { removeFolder } from "../removeFolder.js";
import { TICKET_PROMPT, TICKET_SCHEMA, temporaryFolder, tickets } from "./fixture.js";

const FIRST_ROWS = 60;
/** Only a hang ends a wait. */
const ASK = { timeout: 1_000_000, interval: 50 };
// one slot: slow enough to be disturbed, and the same bytes however often it is taken up again
const labelling = {
  model: "starter",
  systemPrompt: TICKET_PROMPT,
  outputSchema: TICKET_SCHEMA,
  workers: 1,
  threads: 1,
  slots: 1,
  stayAttached: false,
} as const;

async function until<T>(look: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    await sleep(20);
  }
}

function openMill(home: string): Rowmill {
  const mill = new Rowmill({ home, output: null });
  onTestFinished(async () => {
    const { runnerPid } = await mill.doctor();
    if (runnerPid !== null) process.kill(runnerPid, "SIGTERM");
    await mill.close();
  });
  return mill;
}

interface JobAtWork {
  readonly home: string;
  readonly mill: Rowmill;
  readonly jobId: string;
  readonly rows: readonly string[];
}

/** A job that a runner in another process is at work on, with more than half of it before it: on a machine that is too fast
 *  for that a larger one. */
async function jobAtWork(count = FIRST_ROWS): Promise<JobAtWork> {
  const home = temporaryFolder();
  const mill = openMill(home);
  const rows = tickets(count);
  const jobId = await mill.infer(rows, labelling);
  const isEarly = await until(async () => {
    const { status, rowsDone } = await mill.getJob(jobId);
    expect(status).not.toBe("FAILED");
    if (rowsDone > count / 2) return "no";
    return status === "RUNNING" && rowsDone > 0 && "yes";
  });
  return isEarly === "yes" ? { home, mill, jobId, rows } : await jobAtWork(count * 4);
}

const filesOf = (path: string, name: string) => readdirSync(path).filter((file) => file.startsWith(name));

describe("a job whose catalogue is lost while it runs", () => {
  it.each<[string, (catalogue: string) => void]>([
    [
      "removed",
      (catalogue) => {
        for (const file of filesOf(join(catalogue, ".."), "catalog.db")) rmSync(join(catalogue, "..", file));
      },
    ],
    ["cut to nothing", (catalogue) => truncateSync(catalogue)],
  ])(
    "is run to its end when the catalogue is %s, by one runner after the other, with each row once",
    async (_, lose) => {
      const { home, mill, jobId, rows } = await jobAtWork();
      const unbroken = openMill(temporaryFolder());
      lose(join(home, "catalog.db"));
      // one that comes now, and one that has watched from the beginning
      const watchers = [openMill(home), mill];
      for (const watcher of watchers) {
        await until(async () => {
          const { status, rowsDone } = await watcher.getJob(jobId);
          expect(status).not.toBe("FAILED");
          expect(rowsDone).toBeLessThanOrEqual(rows.length);
          return status === "SUCCEEDED";
        });
        expect(await watcher.getJob(jobId)).toMatchObject({ rowsDone: rows.length, rowsFailed: 0 });
      }
      const expected = await unbroken.awaitJobCompletion(await unbroken.infer(rows, labelling), {
        silent: true,
        pollSeconds: 0.05,
      });
      for (const watcher of watchers) expect(await watcher.getJobResults(jobId)).toEqual(expected);
    },
  );
});

describe("a job whose own file is lost while it runs", () => {
  it.each<[string, (file: string) => void]>([
    ["deleted", (file) => rmSync(file)],
    ["cut to nothing", (file) => truncateSync(file)],
  ])("fails when job.db is %s, and says so", async (_, lose) => {
    const { home, mill, jobId } = await jobAtWork();
    lose(join(home, "jobs", jobId, "job.db"));
    const job = await until(async () => {
      const found = await mill.getJob(jobId);
      expect(found.status).not.toBe("SUCCEEDED");
      return found.status === "FAILED" && found;
    });
    expect(job.failure).toMatch(/results of job-.* are lost: .*job\.db was deleted, replaced or cut while the job ran/);
  });
});

it("a home that is deleted under a runner in this process ends the watching in a line, and nothing else", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => told.mockRestore());
  const home = temporaryFolder();
  const mill = new Rowmill({ home, runner: "in-process", output: null });
  const jobId = await mill.infer(tickets(FIRST_ROWS), labelling);
  for await (const { rowsDone } of mill.progress(jobId)) if (rowsDone > 0) break;
  removeFolder(home);
  await expect(mill.getJob(jobId)).rejects.toMatchObject({ code: "ROWMILL_STORE_UNUSABLE" });
  // the runner finds it when it writes; an error that nobody caught would fail this run
  await vi.waitUntil(() => told.mock.calls.flat().some((line) => String(line).includes("catalog.db")), ASK);
  await mill.close();
  for (const [line] of told.mock.calls) expect(line).toMatch(/^.*$/);
});
