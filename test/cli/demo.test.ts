import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./runRowmill.js";

interface DemoSummary {
  model: string;
  rows: number;
  validRows: number;
  tokensPerSecond: number;
  tables: { name: string; rows: number; results: string; accuracy: Record<string, { right: number; share: number }> }[];
}

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk[Symbol.dispose]());

test("the demo labels its two tables: every output valid, every row in the results, every field counted", async () => {
  const demo = await desk.json<DemoSummary>("demo");
  expect(demo.model).toBe("starter");
  expect(demo.validRows).toBe(demo.rows);
  expect(demo.tokensPerSecond).toBeGreaterThan(0);
  expect(demo.tables.map(({ name, accuracy }) => [name, Object.keys(accuracy)])).toEqual([
    ["reviews", ["sentiment"]],
    ["tickets", ["topic", "urgency", "order_id"]],
  ]);
  for (const { rows, accuracy } of demo.tables) {
    expect(rows).toBeGreaterThanOrEqual(200);
    // above a guess among three labels: all that a demonstration model promises here
    for (const { right, share } of Object.values(accuracy)) {
      expect(share).toBeCloseTo(right / rows, 10);
      expect(share).toBeGreaterThan(0.34);
    }
  }
  const tickets = readFileSync(join(desk.folder, "demo-results", "tickets.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  expect(tickets).toHaveLength(demo.tables[1]?.rows ?? 0);
  expect(JSON.parse(tickets[0] ?? "")).toMatchObject({
    id: expect.anything(),
    answer: expect.stringContaining("topic"),
  });
}, 180_000);
