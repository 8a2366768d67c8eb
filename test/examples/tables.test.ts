import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";

const readTable = (name: string): Record<string, string>[] =>
  parse(readFileSync(`examples/${name}.csv`, "utf8"), { columns: true });

const compileSchema = (name: string) =>
  new Ajv({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(`examples/${name}.schema.json`, "utf8")),
  );

function countBy(rows: Record<string, string>[], column: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[row[column] ?? ""] = (counts[row[column] ?? ""] ?? 0) + 1;
  return counts;
}

describe("the demo's tables", () => {
  it("have at least 200 rows each, every text once", () => {
    for (const [name, column] of [
      ["reviews", "review"],
      ["tickets", "message"],
    ] as const) {
      const rows = readTable(name);
      expect(rows.length).toBeGreaterThanOrEqual(200);
      expect(new Set(rows.map((row) => row[column])).size).toBe(rows.length);
    }
  });

  it("have labels that the demo's schemas allow", () => {
    const isReview = compileSchema("reviews");
    for (const { sentiment } of readTable("reviews")) expect(isReview({ sentiment })).toBe(true);
    const isTicket = compileSchema("tickets");
    for (const { topic, urgency, order_id } of readTable("tickets"))
      expect(isTicket({ topic, urgency, order_id: order_id === "" ? null : order_id })).toBe(true);
  });

  it("have no label that wins by being guessed always", () => {
    const shares = (name: string, column: string) => {
      const rows = readTable(name);
      return Object.values(countBy(rows, column)).map((count) => count / rows.length);
    };
    for (const share of shares("reviews", "sentiment")) expect(share).toBeCloseTo(1 / 3, 1);
    for (const share of shares("tickets", "urgency")) expect(share).toBeCloseTo(1 / 3, 1);
    for (const share of shares("tickets", "topic")) expect(share).toBeCloseTo(1 / 6, 1);
  });

  it("give an order number exactly as the message has it", () => {
    const tickets = readTable("tickets");
    for (const { message, order_id } of tickets) expect(message).toContain(order_id);
    expect(tickets.filter(({ order_id }) => order_id !== "").length).toBeGreaterThan(60);
  });

  it("hold what a CSV reader must cope with: commas, quotes and line breaks inside fields", () => {
    for (const name of ["reviews", "tickets"]) {
      const fields = readTable(name).flatMap((row) => Object.values(row));
      for (const mark of [",", '"', "\n"]) expect(fields.some((field) => field.includes(mark))).toBe(true);
    }
  });
});
