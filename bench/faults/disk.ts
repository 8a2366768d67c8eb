import { truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "@photostructure/sqlite";
import { Rowmill } from "rowmill";
import { type Fault, type FaultSettings, must } from "./fault.js";
import { checkOutputs, FaultHome, submitTickets, unbrokenOutputs, until, untilEnded } from "./faultHome.js";
import { SmallDisk } from "./smallDisk.js";
import { tickets } from "./tickets.js";

/** How long somebody takes to make room, or to let go of a lock. */
const TROUBLE_SECONDS = 60;
/** Rows that are done before the trouble begins. */
const ROWS_BEFORE = 20;

/** A disk that is full for a minute, and what else keeps a runner from writing for so long, cost a job nothing but the minute. */
export async function diskFaults({ rows: count }: FaultSettings): Promise<Fault[]> {
  const rows = tickets(count);
  const expected = await unbrokenOutputs(rows);

  /** @param begin makes the trouble in the middle of the job. @returns what ends it */
  const inMidJob = async (home: FaultHome, begin: (jobId: string) => () => void, waitsFor: RegExp | null) => {
    const { mill } = home.open();
    const jobId = await submitTickets(mill, rows);
    const { runnerPid } = await until("a job at work", async () => {
      const job = await mill.getJob(jobId);
      return job.rowsDone >= ROWS_BEFORE && job;
    });
    const end = begin(jobId);
    const start = performance.now();
    try {
      if (waitsFor !== null)
        await until("the job to say what it waits for", async () =>
          waitsFor.test((await mill.getJob(jobId)).waitingFor ?? ""),
        );
      const { waiting } = await mill.doctor();
      must(waitsFor === null || waitsFor.test(waiting.join()), `doctor says ${JSON.stringify(waiting)}`);
      while (performance.now() - start < 1000 * TROUBLE_SECONDS) {
        const job = await mill.getJob(jobId);
        must(job.status === "RUNNING" || job.status === "SUCCEEDED", `the job is ${job.status} after a while`);
        await sleep(500);
      }
      must((await mill.getJob(jobId)).status === "RUNNING" || waitsFor === null, "the job did not wait");
    } finally {
      end();
    }
    const seen = new Set<number | null>();
    await until("the job's end", async () => {
      const job = await mill.getJob(jobId);
      if (job.runnerPid !== null) seen.add(job.runnerPid);
      return job.status !== "RUNNING" && job.status !== "STARTING";
    });
    await checkOutputs(mill, jobId, rows, expected);
    must(
      [...seen].every((pid) => pid === runnerPid),
      `runner ${runnerPid}, then ${[...seen]}`,
    );
    return `after ${TROUBLE_SECONDS} s of it the same runner went on, ${count} rows: 0 lost, 0 twice, the same bytes`;
  };

  const full = async (): Promise<string> => {
    using disk = SmallDisk.mount("size=16m");
    if (disk === null) return "skipped";
    await using home = new FaultHome(disk.path);
    const begin = () => {
      // a log that has been copied back leaves room in its file: take that too
      disk.fill();
      const refill = setInterval(() => disk.fill(), 20);
      return () => {
        clearInterval(refill);
        disk.free();
      };
    };
    return await inMidJob(home, begin, new RegExp(`space on ${disk.path}`));
  };

  const inodes = async (): Promise<string> => {
    using disk = SmallDisk.mount("size=64m,nr_inodes=100");
    if (disk === null) return "skipped";
    await using home = new FaultHome(disk.path);
    let jobId = "";
    {
      // no runner has begun: opening its files takes inodes
      await using waiting = new Rowmill({ home: home.path, output: null, runner: "in-process" });
      jobId = await submitTickets(waiting, rows);
    }
    const { mill } = home.open();
    disk.fillInodes();
    const start = performance.now();
    while (performance.now() - start < 1000 * TROUBLE_SECONDS) {
      const { status, waitingFor } = await mill.getJob(jobId);
      must(status !== "FAILED", "the job has failed");
      must(waitingFor === null || !/^(?!space on)/.test(waitingFor), `it waits for ${waitingFor}`);
      await sleep(500);
    }
    disk.free();
    await untilEnded(mill, jobId);
    await checkOutputs(mill, jobId, rows, expected);
    return `after ${TROUBLE_SECONDS} s without inodes the job ran, ${count} rows: 0 lost, 0 twice, the same bytes`;
  };

  const locked = (fileOf: (home: FaultHome, jobId: string) => string, waitsFor: RegExp | null) => async () => {
    await using home = new FaultHome();
    const begin = (jobId: string) => {
      const db = new DatabaseSync(fileOf(home, jobId), { timeout: 60_000 });
      db.exec("BEGIN EXCLUSIVE");
      return () => db.close();
    };
    return await inMidJob(home, begin, waitsFor);
  };

  const cut = async (): Promise<string> => {
    await using home = new FaultHome();
    const begin = (jobId: string) => {
      const page = join(home.path, "jobs", jobId, "counters");
      const cutting = setInterval(() => truncateSync(page, Math.floor(Math.random() * 400)), 5);
      return () => clearInterval(cutting);
    };
    return await inMidJob(home, begin, null);
  };

  return [
    { name: "a full disk in mid-job", run: full },
    { name: "no inodes before the job begins", run: inodes },
    {
      name: "job.db locked in mid-job",
      run: locked((home, id) => join(home.path, "jobs", id, "job.db"), /job\.db/),
    },
    { name: "catalog.db locked in mid-job", run: locked((home) => home.catalogue, null) },
    { name: "the counters' file cut two hundred times a second", run: cut },
  ];
}
