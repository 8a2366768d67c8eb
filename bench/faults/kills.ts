import { setTimeout as sleep } from "node:timers/promises";
import type { Rowmill } from "rowmill";
import { type Fault, type FaultSettings, must, seededRandom } from "./fault.js";
import { checkOutputs, FaultHome, submitTickets, unbrokenOutputs, until, untilEnded } from "./faultHome.js";
import { tickets } from "./tickets.js";

/** Kills in a case: a line each. */
const KILLS_A_CASE = 10;
/** From the first row on, or from the first that it has kept; with the time until then a runner lives a second or two. */
const LONGEST_LIFE_MS = 2000;
/** One of so many is killed whether it has kept a row or not. All can't be: ten in a row without a finished row end a job, as
 *  one that ends its runners. */
const UNKEPT = 3;
/** Of those one of so many as soon as it has the job, before it has loaded the model. */
const AT_ONCE = 2;

/** Runners that are killed by SIGKILL at random moments cost no row, and none is there twice. */
export async function killFaults({ seed, rows: count, kills }: FaultSettings): Promise<Fault[]> {
  const rows = tickets(count);
  const expected = await unbrokenOutputs(rows);
  const cases = Math.ceil(kills / KILLS_A_CASE);
  return Array.from({ length: cases }, (_, at) => {
    const ofCase = Math.min(KILLS_A_CASE, kills - at * KILLS_A_CASE);
    const name = `SIGKILL × ${ofCase} at random moments (seed ${seed + at}; ${at + 1} of ${cases})`;
    return { name, run: () => killAndCount(seed + at, ofCase, rows, expected) };
  });
}

async function killAndCount(
  seed: number,
  kills: number,
  rows: readonly string[],
  expected: readonly string[],
): Promise<string> {
  const random = seededRandom(seed);
  await using home = new FaultHome();
  const { mill } = home.open();
  let killed = 0;
  let jobs = 0;
  while (killed < kills) {
    const jobId = await submitTickets(mill, rows);
    killed += await killRunners(mill, jobId, kills - killed, random);
    await untilEnded(mill, jobId);
    await checkOutputs(mill, jobId, rows, expected);
    jobs++;
  }
  return `${killed} kills over ${jobs} job(s) of ${rows.length} rows: 0 lost, 0 twice, the same bytes`;
}

/** @returns how many were killed before the job was done */
async function killRunners(mill: Rowmill, jobId: string, most: number, random: () => number): Promise<number> {
  const killed = new Set<number>();
  let leastDone = 0;
  while (killed.size < most) {
    const isUnkept = killed.size % UNKEPT === 0;
    const isAtOnce = isUnkept && random() * AT_ONCE < 1;
    const lifeMs = random() * LONGEST_LIFE_MS;
    const found = await until("a runner at work", async () => {
      const { status, failure, runnerPid, rowsDone } = await mill.getJob(jobId);
      must(status !== "FAILED", `${jobId} has failed: ${failure}`);
      if (status === "SUCCEEDED") return "done" as const;
      const isRunning = status === "RUNNING" && (isUnkept || rowsDone > leastDone);
      const isThere = isRunning || (isAtOnce && status === "STARTING");
      return isThere && runnerPid !== null && !killed.has(runnerPid) && runnerPid;
    });
    if (found === "done") break;
    if (!isAtOnce) await sleep(lifeMs);
    const job = await mill.getJob(jobId);
    if (job.status === "SUCCEEDED") break;
    process.kill(found, "SIGKILL");
    killed.add(found);
    must(job.rowsDone >= leastDone, `${leastDone} rows were done, then ${job.rowsDone}`);
    leastDone = job.rowsDone;
  }
  return killed.size;
}
