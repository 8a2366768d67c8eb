import { expect, it } from "vitest";
import { unpackedColumns } from "../../src/schema/index.js";

it("an unpacked property's column has the type that the schema names, and is JSON where it names none or several", () => {
  const properties = {
    topic: { enum: ["billing", "other"] },
    stars: { enum: [1, 2, null] },
    price: { type: "number" },
    count: { type: ["integer", "null"] },
    isUrgent: { type: "boolean" },
    tags: { type: "array" },
    either: { anyOf: [{ type: "string" }, { type: "number" }] },
    mixed: { enum: ["a", 1] },
  };
  const columns = unpackedColumns({ type: "object", properties }, [...Object.keys(properties), "unknown"]);
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual({
    topic: "string",
    stars: "integer",
    price: "number",
    count: "integer",
    isUrgent: "boolean",
    tags: "json",
    either: "json",
    mixed: "json",
    unknown: "json",
  });
  expect(columns.map(({ name }) => name)).toEqual([...Object.keys(properties), "unknown"]);
});
