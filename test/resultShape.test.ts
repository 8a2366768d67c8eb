import { describe, expect, it } from "vitest";
import type { JobRecord } from "../src/jobs/index.js";
import { resultShape } from "../src/resultShape.js";
import { SPEC } from "./jobs/fixture.js";

const schema = { type: "object", properties: { label: { enum: ["x", "y"] }, n: { type: "integer" } }, required: ["n"] };
const columns = [
  { name: "label", type: "string" },
  { name: "n", type: "integer" },
] as const;
const job = (more: Partial<JobRecord>) =>
  ({ ...SPEC, jobId: "job-1", rowsDone: 1, rowsTotal: 1, ...more }) as JobRecord;

describe("the columns of unpacked outputs", () => {
  it("are those of the record: nothing is compiled, whatever the schema", async () => {
    const noSchema = job({ outputSchema: { type: "no type that compiles" }, unpackedColumns: columns });
    expect((await resultShape(noSchema, { unpackJson: true })).unpackedColumns).toBe(columns);
    const bare = job({ outputSchema: { type: "no type that compiles" }, unpackedColumns: null });
    expect((await resultShape(bare, { unpackJson: true })).unpackedColumns).toBeNull();
  });

  it("are the schema's in a job of a version that did not keep them", async () => {
    expect((await resultShape(job({ outputSchema: schema }), { unpackJson: true })).unpackedColumns).toEqual(columns);
    expect((await resultShape(job({ outputSchema: null }), { unpackJson: true })).unpackedColumns).toBeNull();
    // the first test's schema is one that can't be compiled
    await expect(
      resultShape(job({ outputSchema: { type: "no type that compiles" } }), { unpackJson: true }),
    ).rejects.toThrow("type");
  });
});
