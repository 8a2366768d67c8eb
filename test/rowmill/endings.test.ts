import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { NamedOption, Rowmill, RowmillOptions } from "rowmill";
import { describe, expect, it } from "vitest";
import { openRowmill, sharedRowmill, temporaryFolder, tickets } from "./fixture.js";

const mill = sharedRowmill();
const long = "word ".repeat(4000);

/** Each row fails whose text is too long. */
const failing = { model: "starter", truncateRows: false, samplingParams: { maxTokens: 8 }, outputChoices: ["a", "b"] };
const someLong = (rows: number, tooLong: number) => [...tickets(rows - tooLong), ...Array(tooLong).fill(long)];

describe("a row's result", () => {
  it("says why its output ended and whether its text was cut, where that is asked for", async () => {
    const free = { model: "starter", samplingParams: { maxTokens: 6 } };
    const jobId = await mill.infer([...tickets(2), long], free);
    const job = await mill.getJob(jobId);
    const rows = await mill.getJobResults<Record<string, unknown>>(jobId, { includeFinishReason: true });
    expect(rows.map((row) => row.input_truncated)).toEqual([false, false, true]);
    const reasons = rows.map((row) => row.finish_reason);
    expect(reasons).toContain("length");
    expect(job).toMatchObject({ rowsTruncated: 1, rowsCut: reasons.filter((reason) => reason === "length").length });
    expect(Object.keys(rows[0] ?? {})).toEqual(["inference_result", "finish_reason", "input_truncated"]);
  });

  it("ended by itself is no cut one", async () => {
    const jobId = await mill.infer(tickets(3), { model: "starter", outputChoices: ["a", "b"] });
    const rows = await mill.getJobResults<Record<string, unknown>>(jobId, { includeFinishReason: true });
    expect(rows.map((row) => row.finish_reason)).toEqual(["stop", "stop", "stop"]);
    expect(await mill.getJob(jobId)).toMatchObject({ rowsCut: 0 });
  });

  it("has its marks in files, beside columns of the same names", async () => {
    const data = [
      { body: "short", finish_reason: "mine" },
      { body: long, finish_reason: "yours" },
    ];
    const jobId = await mill.infer(data, { ...failing, column: "body" });
    const file = join(temporaryFolder(), "out.csv");
    await mill.writeJobResults(jobId, file, { includeFinishReason: true });
    const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(head).toBe(
      "body,finish_reason,inference_result,inference_result_finish_reason,input_truncated,inference_result_error",
    );
    expect(lines[0]).toMatch(/^short,mine,[ab],stop,false,$/);
    expect(lines[1]).toMatch(/,yours,,error,false,"?the row has/);
  });
});

describe("a job of which rows fail", () => {
  it("has succeeded while no more than half do, and its record says why they did", async () => {
    const job = await mill.getJob(await mill.infer(someLong(6, 3), failing));
    expect(job).toMatchObject({ status: "SUCCEEDED", rowsDone: 3, rowsFailed: 3, maxFailed: null });
    expect(job.failures).toEqual([{ reason: expect.stringMatching(/^the row has \d+ tokens and only/), rows: 3 }]);
  });

  it("has failed when more than half do, after all its rows ran", async () => {
    const job = await mill.getJob(await mill.infer(someLong(6, 4), failing));
    expect(job).toMatchObject({ status: "FAILED", rowsDone: 2, rowsFailed: 4 });
    expect(job.failure).toMatch(
      /^4 of 6 rows failed, more than the half of them that may \(maxFailed\), most often: the row has/,
    );
  });

  it.each([
    [0, "FAILED"],
    [1, "SUCCEEDED"],
    ["10%", "FAILED"],
    ["20%", "SUCCEEDED"],
  ] as const)("with maxFailed %s ends as asked", async (maxFailed, status) => {
    const job = await mill.getJob(await mill.infer(someLong(5, 1), { ...failing, maxFailed }));
    expect(job).toMatchObject({ status, rowsFailed: 1, maxFailed });
  });

  it("stops as soon as more have failed than may, keeps what is done, and never starts again", async () => {
    // digits stand before letters in the order that shares beginnings
    const rows = [...Array(4).fill("0 ".repeat(4000)), ...tickets(60)];
    const jobId = await mill.infer(rows, { ...failing, maxFailed: 2, workers: 1, threads: 1, slots: 1 });
    const job = await mill.getJob(jobId);
    expect(job).toMatchObject({ status: "FAILED", failures: [{ rows: expect.any(Number) }] });
    expect(job.rowsFailed).toBeGreaterThan(2);
    expect(job.rowsDone).toBeLessThan(60);
    const results = await mill.getJobResults<Record<string, unknown>>(jobId, { includeInputs: true });
    expect(results.filter((row) => row.inference_result_error === "not run").length).toBe(
      job.rowsTotal - job.rowsDone - job.rowsFailed,
    );
  });

  it.each(["101%", "-1%", "5", "%", -1, 1.5])("takes no maxFailed %j", async (maxFailed) => {
    await expect(mill.infer(["a"], { ...failing, maxFailed: maxFailed as number })).rejects.toMatchObject({
      code: "ROWMILL_BAD_OPTION",
      message: expect.stringContaining("maxFailed"),
    });
  });
});

/** A Rowmill that writes its messages here. */
function listening(options: RowmillOptions = {}): { mill: Rowmill; text: () => string } {
  const chunks: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const mill = openRowmill({ output: output as unknown as NodeJS.WriteStream, ...options });
  return { mill, text: () => chunks.join("") };
}

describe("the end of a job", () => {
  it("is told with the reasons of failures and their counts, and with what was cut", async () => {
    const { mill, text } = listening();
    await mill.infer([...someLong(4, 1)], { model: "starter", truncateRows: false, samplingParams: { maxTokens: 2 } });
    expect(text()).toMatch(/has succeeded \(1 of 4 rows failed\); its results: npx rowmill --home \S+ jobs results/);
    expect(text()).toMatch(/why rows failed:\n {2}1 row: the row has \d+ tokens and only \d+ fit/);
    expect(text()).toMatch(/warning: [123] of 4 outputs (is|are) cut at maxTokens \(2\); includeFinishReason/);
  });
});

describe("a warning", () => {
  it("stands in the record and in the estimate, where nothing is printed", async () => {
    const options = {
      model: "starter",
      outputSchema: { type: "array", items: { enum: [1, 2] }, uniqueItems: true, maxItems: 2 },
    };
    const estimate = await mill.infer(["a", null as unknown as string], { ...options, dryRun: true });
    const warnings = [
      { code: "CHECKED_AFTERWARDS", text: expect.stringMatching(/^checked after generation: uniqueItems/), count: 1 },
      { code: "EMPTY_ROWS", text: "1 of 2 rows has no text: its prompt is empty", count: 1 },
    ];
    expect(estimate.warnings).toEqual(warnings);
    expect((await mill.getJob(await mill.infer(["a", null as unknown as string], options))).warnings).toEqual(warnings);
  });

  it("calls options as whoever shows it does, and the record has them as data", async () => {
    const touching = { model: "starter", column: ["a", "b"], dryRun: true } as const;
    const names: NamedOption[] = [];
    const optionWords = (named: NamedOption): string => {
      names.push(named);
      return `<${named.option}>`;
    };
    const { mill: door, text } = listening({ optionWords });
    const { warnings } = await door.infer([{ a: "x", b: "y" }], touching);
    expect(text()).toMatch(/^warning: nothing stands between .* give a separator, as in <column>$/m);
    expect(names).toEqual([{ option: "column", value: ["a", "\n", "b"] }]);
    expect(warnings).toEqual([
      {
        code: "COLUMNS_TOUCH",
        text: expect.stringMatching(/give a separator, as in column: \["a","\\n","b"\]$/),
        count: null,
        parts: [expect.stringMatching(/as in $/), names[0]],
      },
    ]);
  });
});
