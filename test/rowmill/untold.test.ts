import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Rowmill } from "rowmill";
import { expect, it } from "vitest";
import { keepUntold, takeUntold } from "../../src/jobs/index.js";
import { temporaryFolder } from "./fixture.js";

/** What a Rowmill that somebody reads says when its home is opened. */
async function linesAtOpening(home: string): Promise<string> {
  const said: string[] = [];
  const output = new PassThrough() as unknown as NodeJS.WriteStream;
  output.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  await new Rowmill({ home, output }).close();
  return said.join("");
}

async function openSilently(home: string): Promise<void> {
  await new Rowmill({ home, output: null }).close();
}

it("what a process that prints nothing has repaired is told by the next one that prints, once", async () => {
  const home = temporaryFolder();
  const mill = new Rowmill({ home, output: null, runner: "in-process" });
  await mill.infer(["a row"], { model: "starter", outputChoices: ["good", "bad"] });
  await mill.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(home, `catalog.db${suffix}`), { force: true });
  await openSilently(home);
  await openSilently(home);
  expect(await linesAtOpening(home)).toMatch(
    /^warning: .*catalog\.db did not know 1 job: taken up again from the job folders\n$/,
  );
  expect(await linesAtOpening(home)).toBe("");
  expect(existsSync(join(home, "untold.txt"))).toBe(false);
});

it("many lines are the first ones and a count, and one that comes again is told once", () => {
  const home = temporaryFolder();
  for (const line of ["a", "b", "a", "c", "d", "e", "f", "g"]) keepUntold(home, `warning: ${line}`);
  const lines = takeUntold(home);
  expect(lines.slice(0, 5)).toEqual(["a", "b", "c", "d", "e"].map((line) => `warning: ${line}`));
  expect(lines.slice(5)).toEqual([expect.stringMatching(/and 2 lines/)]);
  expect(takeUntold(home)).toEqual([]);
});

it("a job whose folder was deleted is lost, whatever its record says, and can be removed", async () => {
  const home = temporaryFolder();
  const mill = new Rowmill({ home, output: null, runner: "in-process" });
  const jobId = await mill.infer(["a row"], { model: "starter", outputChoices: ["good", "bad"] });
  expect(await mill.getJob(jobId)).toMatchObject({ status: "SUCCEEDED", isLost: false });
  rmSync(join(home, "jobs", jobId), { recursive: true });
  expect(await mill.listJobs()).toMatchObject([{ status: "SUCCEEDED", isLost: true }]);
  await mill.removeJob(jobId);
  expect(await mill.listJobs()).toEqual([]);
  await mill.close();
});
