import { join } from "node:path";
import { tableFromArrays } from "apache-arrow";
import polars from "nodejs-polars";
import { describe, expect, it } from "vitest";
import { sharedRowmill, temporaryFolder } from "./fixture.js";

const mill = sharedRowmill();

const table = {
  text: Array.from({ length: 24 }, (_, at) => `It broke on day ${at}`),
  product: Array.from({ length: 24 }, (_, at) => `a kettle of the kind number ${at % 2}`),
};
const rows = table.text.map((text, at) => ({ text, product: table.product[at] as string }));

const labelling = {
  model: "starter",
  outputChoices: ["good", "bad"],
  column: ["text", "\nProduct: ", "product"],
  columnOrder: "auto" as const,
};

/** Runs the data and gives what the record says of its columns, and the results. */
async function run(data: unknown) {
  const jobId = await mill.infer(data, labelling);
  const results = await mill.getJobResults<{ text: string; inference_result: string }>(jobId);
  return { job: await mill.getJob(jobId), results };
}

describe("columnOrder auto", () => {
  it("orders the columns of objects, Arrow tables, DataFrames and Parquet files alike, and gives results in row order", async () => {
    const first = await run(rows);
    const parquet = join(temporaryFolder(), "reviews.parquet");
    await mill.writeJobResults(first.job.jobId, parquet, { outputColumn: "earlier" });
    const all = [first, await run(tableFromArrays(table)), await run(polars.DataFrame(table)), await run(parquet)];
    for (const { job, results } of all) {
      expect(job.columnParts).toEqual(["Product: ", "product", "\n", "text"]);
      expect(job.columnChoice).toEqual(first.job.columnChoice);
      expect(job.rowsDone).toBe(24);
      expect(results.map(({ text }) => text)).toEqual(table.text);
    }
  });

  it("leaves fewer tokens to compute, as many as the dry run says", async () => {
    const oneSlot = { ...labelling, engine: "native" as const, workers: 1, threads: 1, slots: 1 };
    const computed = [];
    for (const columnOrder of ["given", "auto"] as const) {
      const estimate = await mill.infer(rows, { ...oneSlot, columnOrder, dryRun: true });
      const job = await mill.getJob(await mill.infer(rows, { ...oneSlot, columnOrder }));
      expect(estimate.columnChoice?.columns).toEqual(columnOrder === "auto" ? ["product", "text"] : undefined);
      expect(job.inputTokens).toBe(estimate.inputTokens);
      // the engine computes the prefix once for all rows, where the dry run leaves it to the first one
      expect(Math.abs(job.sharedTokens - estimate.sharedTokens)).toBeLessThan(job.frameTokens);
      computed.push(job.inputTokens - job.sharedTokens);
    }
    expect(computed[1]).toBeLessThan(0.7 * (computed[0] as number));
  });
});
