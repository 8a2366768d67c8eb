import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { type Fault, type FaultSettings, must } from "./fault.js";
import { checkOutputs, FaultHome, submitTickets, unbrokenOutputs, until, untilEnded } from "./faultHome.js";
import { tickets } from "./tickets.js";

interface Loss {
  readonly name: string;
  /** @param old an older copy of the catalogue */
  readonly lose: (catalogue: string, old: string) => void;
}

const JUNK = "this is no database, but it is longer than a database's header. ".repeat(1000);
const filesOf = (catalogue: string) => ["", "-wal", "-shm"].map((suffix) => catalogue + suffix).filter(existsSync);
const removeAll = (catalogue: string) => {
  for (const file of filesOf(catalogue)) rmSync(file);
};

const LOSSES: readonly Loss[] = [
  { name: "removed", lose: removeAll },
  { name: "removed, its log left", lose: (catalogue) => rmSync(catalogue) },
  { name: "emptied", lose: (catalogue) => truncateSync(catalogue) },
  { name: "junk", lose: (catalogue) => writeFileSync(catalogue, JUNK) },
  {
    name: "replaced by an older one",
    lose: (catalogue, old) => {
      removeAll(catalogue);
      copyFileSync(old, `${catalogue}.new`);
      renameSync(`${catalogue}.new`, catalogue);
    },
  },
  { name: "overwritten by an older one", lose: (catalogue, old) => writeFileSync(catalogue, readFileSync(old)) },
];
const LOG_LOSS: Loss = {
  name: "without its log",
  lose: (catalogue) => rmSync(`${catalogue}-wal`, { force: true }),
};

/** What happens to the catalogue costs no job, whether a runner is at work or not. */
export async function catalogueFaults({ rows: count }: FaultSettings): Promise<Fault[]> {
  const rows = tickets(count);
  const expected = await unbrokenOutputs(rows);
  const few = rows.slice(0, 8);
  return [
    ...LOSSES.map((loss) => ({
      name: `${loss.name}, no runner`,
      run: () => loseAtRest(loss, few, expected.slice(0, few.length)),
    })),
    ...[...LOSSES, LOG_LOSS].map((loss) => ({
      name: `${loss.name}, a runner at work`,
      run: () => loseAtWork(loss, rows, expected),
    })),
  ];
}

/** Three jobs, one of them newer than the old copy; nobody has the home open when the catalogue goes. */
async function loseAtRest({ lose }: Loss, rows: readonly string[], expected: readonly string[]): Promise<string> {
  await using home = new FaultHome();
  const { mill } = home.open();
  const first = await submitTickets(mill, rows);
  await untilEnded(mill, first);
  await untilNoRunner(home);
  const old = home.beside("old.db");
  copyFileSync(home.catalogue, old);
  const second = await submitTickets(mill, rows);
  await untilEnded(mill, second);
  const removed = await submitTickets(mill, rows);
  await mill.cancelJob(removed);
  await untilEnded(mill, removed);
  await mill.removeJob(removed);
  await untilNoRunner(home);
  const before = await mill.listJobs();
  await mill.close();
  lose(home.catalogue, old);
  const next = home.open();
  const after = await next.mill.listJobs();
  must(JSON.stringify(after) === JSON.stringify(before), `the records differ: ${JSON.stringify(after)}`);
  for (const jobId of [first, second]) await checkOutputs(next.mill, jobId, rows, expected);
  must(next.said().split("\n").filter(Boolean).length === 1, `it said: ${next.said()}`);
  return `${after.length} of ${before.length} jobs kept, with their results`;
}

/** The catalogue goes in mid-job, under a runner, a watcher, and whoever comes then. */
async function loseAtWork({ lose }: Loss, rows: readonly string[], expected: readonly string[]): Promise<string> {
  await using home = new FaultHome();
  const { mill } = home.open();
  const ended = await submitTickets(mill, rows.slice(0, 4));
  await untilEnded(mill, ended);
  await untilNoRunner(home);
  const old = home.beside("old.db");
  copyFileSync(home.catalogue, old);
  const jobId = await submitTickets(mill, rows);
  const former = await until("a runner at work", async () => {
    const job = await mill.getJob(jobId);
    must(job.rowsDone < rows.length / 2, "the job is done too soon to be disturbed: give more --rows");
    return job.status === "RUNNING" && job.rowsDone > rows.length / 10 && job.runnerPid;
  });
  lose(home.catalogue, old);
  const next = home.open().mill;
  const runners = new Set<number>([former]);
  await until(`${jobId} to end`, async () => {
    for (const watcher of [next, mill]) {
      const job = await watcher.getJob(jobId);
      must(job.rowsDone <= rows.length, `${job.rowsDone} of ${rows.length} rows are done`);
      must(job.status !== "FAILED", `${jobId} has failed: ${job.failure}`);
      if (job.runnerPid !== null && job.runnerPid !== former) {
        // the next runner may have the lease while the former one ends, and begins no job before
        must(job.status === "STARTING" || !isAtWork(former), `${former} and ${job.runnerPid} run ${jobId} together`);
        runners.add(job.runnerPid);
      }
    }
    return (await next.getJobStatus(jobId)) === "SUCCEEDED";
  });
  for (const watcher of [next, mill]) {
    await checkOutputs(watcher, jobId, rows, expected);
    must((await watcher.getJobStatus(ended)) === "SUCCEEDED", "the job that had ended is lost");
  }
  return `${rows.length} rows, 0 lost, 0 twice, the same bytes; ${runners.size} runner(s), one after the other`;
}

function isAtWork(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function untilNoRunner(home: FaultHome): Promise<void> {
  const { mill } = home.open();
  await until("the runner to end", async () => (await mill.doctor()).runnerPid === null);
}
