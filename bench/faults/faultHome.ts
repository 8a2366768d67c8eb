import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Rowmill } from "rowmill";
import { must } from "./fault.js";
import { TICKET_PROMPT, TICKET_SCHEMA } from "./tickets.js";

const LOOK_MS = 20;
/** Nothing that is waited for takes so long: this ends what hangs. */
const HANG_MS = 1_200_000;

/** A home of its own with runners in processes of their own, which end soon after their last job. */
export class FaultHome implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;
  readonly #mills: Rowmill[] = [];

  /** @param parent where it is to lie, e.g. on a small disk */
  constructor(parent = tmpdir()) {
    this.#folder = mkdtempSync(join(parent, "rowmill-faults-"));
    this.path = join(this.#folder, "home");
    mkdirSync(this.path, { mode: 0o700 });
    writeFileSync(join(this.path, "config.json"), JSON.stringify({ runnerIdleMinutes: 0.02 }));
  }

  get catalogue(): string {
    return join(this.path, "catalog.db");
  }

  /** Opens the home as a process that begins now does. @returns what it says, too */
  open(): { readonly mill: Rowmill; readonly said: () => string } {
    const output = new PassThrough();
    let text = "";
    output.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const mill = new Rowmill({ home: this.path, output: output as unknown as NodeJS.WriteStream });
    this.#mills.push(mill);
    return { mill, said: () => `${text}${output.read()?.toString() ?? ""}` };
  }

  /** A file beside the home. */
  beside(name: string): string {
    return join(this.#folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { mill } = this.open();
    const { runnerPid } = await mill.doctor();
    if (runnerPid !== null) process.kill(runnerPid, "SIGTERM");
    // it would make its files anew while they are deleted
    await until("the runner to end", async () => (await mill.doctor()).runnerPid === null);
    for (const opened of this.#mills) await opened.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
  }
}

/** Begins a job on one slot: slow enough to be disturbed, and the same bytes however often it is taken up again. */
export async function submitTickets(mill: Rowmill, rows: readonly string[]): Promise<string> {
  const options = { model: "starter", systemPrompt: TICKET_PROMPT, outputSchema: TICKET_SCHEMA, workers: 1, slots: 1 };
  return await mill.infer([...rows], { ...options, stayAttached: false });
}

/** What the same rows give when nothing disturbs their job. */
export async function unbrokenOutputs(rows: readonly string[]): Promise<string[]> {
  await using home = new FaultHome();
  const { mill } = home.open();
  const jobId = await submitTickets(mill, rows);
  await untilEnded(mill, jobId);
  return (await mill.getJobResults<string>(jobId)) as string[];
}

export async function untilEnded(mill: Rowmill, jobId: string): Promise<void> {
  await until(`${jobId} to end`, async () =>
    ["SUCCEEDED", "FAILED", "CANCELLED", "UNKNOWN"].includes(await mill.getJobStatus(jobId)),
  );
}

export async function until<T>(what: string, look: () => Promise<T | false | null>): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await look();
    if (found !== false && found !== null) return found;
    if (performance.now() - start > HANG_MS) throw new Error(`waited in vain for ${what}`);
    await sleep(LOOK_MS);
  }
}

/** Holds a job that has ended against the outputs of an unbroken run: every row once, in order, byte by byte.
 *  @throws {Error} what differs */
export async function checkOutputs(
  mill: Rowmill,
  jobId: string,
  rows: readonly string[],
  expected: readonly string[],
): Promise<void> {
  const job = await mill.getJob(jobId);
  must(job.status === "SUCCEEDED", `${jobId} is ${job.status}: ${job.failure}`);
  must(job.rowsDone === rows.length && job.rowsFailed === 0, `${job.rowsDone} of ${rows.length} rows are done`);
  const results = await mill.getJobResults<Record<string, string>>(jobId, { includeInputs: true });
  must(results.length === rows.length, `${results.length} results for ${rows.length} rows`);
  const lost = results.filter(({ inference_result: output }) => output === null || output === undefined).length;
  must(lost === 0, `${lost} rows have no result`);
  must(
    results.every(({ input }, at) => input === rows[at]),
    "rows are not in their order",
  );
  const other = results.filter(({ inference_result: output }, at) => output !== expected[at]).length;
  must(other === 0, `${other} outputs differ from those of the unbroken run`);
}
