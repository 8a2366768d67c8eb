import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./runRowmill.js";

let desk: Desk;

beforeAll(() => {
  desk = new Desk();
  desk.write("rows.csv", "text\nThe soup was cold.\nA fine tent.\n");
  desk.write("tooLong.csv", `text\n${"word ".repeat(4000)}\n${"word ".repeat(4000)}\n`);
});
afterAll(() => desk[Symbol.dispose]());

const infer = (file: string, ...words: string[]) =>
  desk.run("infer", file, "--column", "text", "--model", "starter", "--choices", "good,bad", ...words);
const jobId = (stderr: string) => /job-[0-9a-f-]{36}/.exec(stderr)?.[0] ?? "";

test("the end of a job all of whose rows failed says the reason once, and offers no results", async () => {
  const { code, stderr } = await infer("tooLong.csv", "--no-truncate-rows", "--output", "out.csv");
  expect(code).toBe(1);
  expect(stderr.match(/the row has \d+ tokens/g)).toHaveLength(1);
  expect(stderr).not.toContain("jobs results");
  expect(stderr).toContain("out.csv was not written: no row has a result");
  const shown = await desk.run("jobs", "show", jobId(stderr));
  expect(shown.stdout.match(/the row has \d+ tokens/g)).toHaveLength(1);
});

test("jobs cancel says of a job that had ended that nothing was done", async () => {
  const { stderr } = await infer("rows.csv", "--quiet", "--progress", "none");
  expect(stderr).toBe("");
  const [{ jobId: id = "" } = {}] = await desk.json<{ jobId: string }[]>("jobs", "list", "--status", "SUCCEEDED");
  const cancelled = await desk.run("jobs", "cancel", id);
  expect(cancelled).toEqual({
    code: 0,
    stdout: "SUCCEEDED\n",
    stderr: `${id} had ended already: nothing was cancelled\n`,
  });
});

test("jobs cancel says so of a cancelled one too, and nothing more of one that it cancels", async () => {
  const detached = await infer("rows.csv", "--detach", "--priority", "1", "--quiet");
  const id = detached.stdout.trim();
  await desk.run("jobs", "cancel", id);
  await desk.run("attach", id);
  const { status } = await desk.json<{ status: string }>("jobs", "show", id);
  const again = await desk.run("jobs", "cancel", id);
  expect([again.stdout, again.stderr]).toEqual([`${status}\n`, `${id} had ended already: nothing was cancelled\n`]);
});
