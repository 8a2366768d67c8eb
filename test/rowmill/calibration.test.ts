import { describe, expect, it } from "vitest";
import { machineFacts } from "../../src/models/index.js";
import { openRowmill, TICKET_PROMPT, TICKET_SCHEMA, tickets } from "./fixture.js";

/** With one slot, few rows are enough to measure how the cores are best split, and drafts. */
const JOB = { model: "starter", systemPrompt: TICKET_PROMPT, slots: 1, samplingParams: { maxTokens: 2 } };
const { cores } = machineFacts();
/** Enough for four splits, drafts, and a run to warm up. */
const ROWS = 2000;

// one core can be split in one way only
describe.skipIf(cores < 2)("a job that is long enough", () => {
  it("is measured at its beginning, and later ones of its kind take what was found", async () => {
    const mill = openRowmill();
    const rows = tickets(ROWS);
    const first = await mill.getJob(await mill.infer(rows, JOB));
    expect(first.plan?.reasons).toContainEqual(
      expect.stringMatching(/^measured at this job's beginning, \d+ rows a trial/),
    );
    expect(first).toMatchObject({ status: "SUCCEEDED", rowsDone: ROWS, rowsFailed: 0 });

    const short = await mill.getJob(await mill.infer(rows.slice(0, 4), JOB));
    expect(short.plan?.reasons).toContainEqual(expect.stringMatching(/^measured \d{4}-\d\d-\d\d, /));

    const free = { ...JOB, outputSchema: TICKET_SCHEMA };
    const other = await mill.getJob(await mill.infer(rows.slice(0, 4), free));
    expect(other.plan?.reasons).toContainEqual(expect.stringMatching(/too few rows to measure/));

    const [kept, ...others] = (await mill.doctor()).calibrations;
    expect(others).toEqual([]);
    expect(kept?.trials.length).toBeGreaterThan(1);
    expect(kept?.model).toBe("starter");
    expect(first.plan).toMatchObject({ workers: kept?.chosen.workers, threads: kept?.chosen.threads, slots: 1 });
  });
});
