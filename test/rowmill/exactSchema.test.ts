import { expect, it } from "vitest";
import { parseExact, stringifyExact } from "../../src/exactNumbers.js";
import { openRowmill, tickets } from "./fixture.js";

it("a job whose schema has integers beyond 2^53 writes them, and has them in its record", async () => {
  const outputSchema = {
    type: "object",
    properties: {
      id: { type: "integer", minimum: 9223372036854775800n, maximum: 9223372036854775807n },
      k: { const: 9007199254740993n },
      e: { enum: [1234567890123456789n, 1234567890123456790n] },
    },
    required: ["id", "k", "e"],
    additionalProperties: false,
  };
  const mill = openRowmill();
  const jobId = await mill.infer(tickets(2), { model: "starter", outputSchema });
  expect(await mill.getJob(jobId)).toMatchObject({ status: "SUCCEEDED", rowsDone: 2, outputSchema });
  const record = await mill.getJob(jobId);
  for (const job of [record, { ...record }, (await mill.listJobs())[0]]) {
    expect(
      JSON.parse(JSON.stringify(job)).outputSchema.properties,
      "digits as texts, where JSON.stringify throws",
    ).toEqual({
      id: { type: "integer", minimum: "9223372036854775800", maximum: "9223372036854775807" },
      k: { const: "9007199254740993" },
      e: { enum: ["1234567890123456789", "1234567890123456790"] },
    });
    expect(parseExact(stringifyExact(job) as string), "the command's --json").toEqual(record);
  }
  const again = await mill.infer(tickets(1), { model: "starter", outputSchema: record.outputSchema });
  expect((await mill.getJob(again)).outputSchema).toEqual(outputSchema);
  for (const output of await mill.getJobResults<string>(jobId))
    expect(output).toMatch(/^{"id": 922337203685477580[0-7], "k": 9007199254740993, "e": 12345678901234567(89|90)}$/);
});
