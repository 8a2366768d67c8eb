import { expect, it } from "vitest";
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
  for (const output of await mill.getJobResults<string>(jobId))
    expect(output).toMatch(/^{"id": 922337203685477580[0-7], "k": 9007199254740993, "e": 12345678901234567(89|90)}$/);
});
