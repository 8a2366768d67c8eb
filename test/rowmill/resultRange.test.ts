import { tableFromArrays } from "apache-arrow";
import { type ResultOptions, Rowmill } from "rowmill";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openSource } from "../../src/data/index.js";
import { type Home, JobFile, type JobSpec, newJobId, openHome } from "../../src/jobs/index.js";
import { FACTS, result, SPEC } from "../jobs/fixture.js";
import { temporaryFolder } from "./fixture.js";

const ROWS = Array.from({ length: 7 }, (_, id) => ({ id, text: `t${id}` }));
const TABLE: Partial<JobSpec> = {
  kind: "table",
  columns: [
    { name: "id", type: "integer" },
    { name: "text", type: "string" },
  ],
  outputSchema: null,
};
/** Where a job's batches end. */
const ENDS = [3, 5, 7];
const EVERY_RANGE = [0, 1, 3, 4, 5, 6, 7, 8, 20].flatMap((from, at, all) => all.slice(at).map((to) => ({ from, to })));

interface MadeJob {
  readonly mill: Rowmill;
  readonly jobId: string;
  /** Gives rows their results. */
  readonly run: (...indexes: number[]) => void;
}

/** A job of three batches that no runner takes, with results where a test says so. */
async function makeJob(as: "list" | "json" | "arrow"): Promise<MadeJob> {
  const home: Home = openHome(temporaryFolder());
  using file = JobFile.create(home, newJobId());
  let first = 0;
  for (const end of ENDS) {
    const rows = ROWS.slice(first, end);
    const inputs = as === "list" ? null : as === "json" ? jsonOf(rows) : await arrowOf(rows);
    file.appendRows(
      rows.map(({ text }) => ({ prompt: text })),
      inputs,
    );
    first = end;
  }
  const spec = { ...SPEC, outputSchema: null, ...(as !== "list" && TABLE) };
  const job = {
    jobId: file.jobId,
    spec,
    facts: { ...FACTS, rowsTotal: ROWS.length },
    createdAt: "2026-01-02T03:04:05.000Z",
  };
  file.keepRecord(job);
  file.seal();
  home.catalog.submitAll([job]);
  file.markEntered();
  const mill = new Rowmill({ home: home.path, runner: "in-process", output: null });
  onTestFinished(async () => {
    await mill.close();
    home[Symbol.dispose]();
  });
  const run = (...indexes: number[]): void => {
    using running = JobFile.open(home, file.jobId);
    running.appendResults(indexes.map((index) => result(index, `out ${index}`)));
    home.catalog.snapshot(file.jobId, running.resultCounts());
  };
  return { mill, jobId: file.jobId, run };
}

const jsonOf = (rows: readonly object[]) => ({ format: "json" as const, bytes: Buffer.from(JSON.stringify(rows)) });

async function arrowOf(rows: typeof ROWS) {
  const columns = { id: Int16Array.from(rows, ({ id }) => id), text: rows.map(({ text }) => text) };
  for await (const batch of (await openSource(tableFromArrays(columns))).batches()) return batch.encode();
  throw new Error("no batch");
}

async function iterated({ mill, jobId }: MadeJob, options: Omit<ResultOptions, "format">): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of mill.iterateJobResults(jobId, options)) rows.push(row);
  return rows;
}

async function streamed({ mill, jobId }: MadeJob, options: ResultOptions): Promise<unknown[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of mill.streamJobResults(jobId, "jsonl", options)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

describe.each(["list", "json", "arrow"] as const)("a range of the results of a %s", (as) => {
  it("is that part of all of them, whatever batches it cuts and wherever it ends", async () => {
    const job = await makeJob(as);
    job.run(...ROWS.keys());
    const all = await job.mill.getJobResults(job.jobId);
    expect(all).toHaveLength(ROWS.length);
    expect(all.at(-1)).toEqual(as === "list" ? "out 6" : { ...ROWS[6], inference_result: "out 6" });
    const asLines = await streamed(job, {});
    for (const range of EVERY_RANGE) {
      const { from, to } = range;
      expect(await iterated(job, range), `${from} to ${to}`).toEqual(all.slice(from, to));
      expect(await job.mill.getJobResults(job.jobId, range), `${from} to ${to}`).toEqual(all.slice(from, to));
      expect(await streamed(job, range), `${from} to ${to}`).toEqual(asLines.slice(from, to));
    }
    expect(await iterated(job, { from: 2 })).toEqual(all.slice(2));
    expect(await iterated(job, { to: 2 })).toEqual(all.slice(0, 2));
    const table = await job.mill.getJobResults(job.jobId, { from: 4, to: 6, format: "arrow" });
    expect([...(table.getChild("inference_result") ?? [])]).toEqual(["out 4", "out 5"]);
    if (as === "arrow") expect(table.getChild("id")?.toArray()).toEqual(Int16Array.of(4, 5));
  });

  it("has what has run of a job that runs, and the same columns wherever it lies", async () => {
    const job = await makeJob(as);
    job.run(0, 1, 4);
    const rows = await iterated(job, { from: 1, to: 6, includeInputs: true });
    expect(rows).toMatchObject([
      { inference_result: "out 1", inference_result_error: null },
      { inference_result: null, inference_result_error: "not run" },
      { inference_result: null, inference_result_error: "not run" },
      { inference_result: "out 4", inference_result_error: null },
      { inference_result: null, inference_result_error: "not run" },
    ]);
    const [first] = await iterated(job, { from: 0, to: 1, includeInputs: true });
    expect(Object.keys(first as object)).toEqual(Object.keys(rows[0] as object));
  });
});

describe("results row by row", () => {
  it("are read when they are asked for: a later batch has what came meanwhile", async () => {
    const job = await makeJob("json");
    job.run(0, 1, 2);
    const rows = job.mill.iterateJobResults<{ inference_result: string | null }>(job.jobId);
    for (const index of [0, 1, 2])
      expect((await rows.next()).value).toMatchObject({ inference_result: `out ${index}` });
    job.run(3);
    expect((await rows.next()).value).toMatchObject({ inference_result: "out 3" });
    job.run(4, 5);
    // of the batch that was read before it ran
    expect((await rows.next()).value).toMatchObject({ inference_result: null });
    expect((await rows.next()).value).toMatchObject({ inference_result: "out 5" });
    await rows.return();
  });

  it("leave nothing open behind a reader that stops", async () => {
    const job = await makeJob("list");
    const closed = vi.spyOn(JobFile.prototype, "close");
    onTestFinished(() => closed.mockRestore());
    for await (const row of job.mill.iterateJobResults(job.jobId)) {
      expect(row).toBeNull();
      expect(closed).not.toHaveBeenCalled();
      break;
    }
    expect(closed).toHaveBeenCalledOnce();
  });

  it("are refused for what can't be meant", async () => {
    const job = await makeJob("list");
    const refused = (options: object) => expect(iterated(job, options)).rejects;
    await refused({ from: 5, to: 3 }).toMatchObject({ code: "ROWMILL_BAD_OPTION", message: "from: 5 is behind to: 3" });
    await refused({ from: -1 }).toThrow("option from must be at least 0, not -1");
    await refused({ to: 1.5 }).toThrow("option to must be a whole number, not 1.5");
    await refused({ format: "arrow" }).toMatchObject({ code: "ROWMILL_UNKNOWN_OPTION" });
    const unknown = job.mill.iterateJobResults("job-none");
    await expect(unknown.next()).rejects.toMatchObject({ code: "ROWMILL_NO_SUCH_JOB" });
  });
});
