import fc from "fast-check";
import { expect, it } from "vitest";
import { Budget, type JobRecord } from "../../src/jobs/index.js";

const JOB = {
  maxCost: null,
  maxTotalTokens: null,
  pricePerMillionTokens: { input: 1, output: 2 },
  longestRowTokens: 70,
  frameTokens: 30,
  longestOutputTokens: null,
  sampling: { maxTokens: 50 },
  rowsTotal: 100,
} as unknown as JobRecord;
const NOTHING = { inputTokens: 0, outputTokens: 0 };

it("without a bound every row may go out", () => {
  expect(new Budget(JOB).rowsLeft({ inputTokens: 1e12, outputTokens: 1e12 }, 50)).toBe(Number.POSITIVE_INFINITY);
});

it("as many rows go out as it lasts for if each takes as much as any can", () => {
  // 150 tokens a row, 200 millionths of a dollar
  expect(new Budget({ ...JOB, maxTotalTokens: 1000 }).rowsLeft(NOTHING, 0)).toBe(6);
  expect(new Budget({ ...JOB, maxTotalTokens: 1000 }).rowsLeft({ inputTokens: 100, outputTokens: 20 }, 2)).toBe(3);
  expect(new Budget({ ...JOB, maxCost: 0.001 }).rowsLeft(NOTHING, 0)).toBe(5);
  expect(new Budget({ ...JOB, maxCost: 0.001, maxTotalTokens: 300 }).rowsLeft(NOTHING, 0)).toBe(2);
});

it("a model that costs nothing has no end of money", () => {
  const free = { ...JOB, pricePerMillionTokens: { input: 0, output: 0 }, maxCost: 0.01 };
  expect(new Budget(free).rowsLeft({ inputTokens: 1e12, outputTokens: 1e12 }, 0)).toBe(Number.POSITIVE_INFINITY);
});

it("rows that take no more than they may never overrun it, and it is used up to one row", () => {
  const row = fc.record({ inputTokens: fc.nat(100), outputTokens: fc.nat(50) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(row, { minLength: 60, maxLength: 60 }), (limit, rows) => {
      const budget = new Budget({ ...JOB, maxTotalTokens: limit });
      const spent = { ...NOTHING };
      const out: typeof rows = [];
      for (const one of rows) {
        while (budget.rowsLeft(spent, out.length) === 0 && out.length > 0) {
          const { inputTokens, outputTokens } = out.shift() ?? NOTHING;
          spent.inputTokens += inputTokens;
          spent.outputTokens += outputTokens;
        }
        if (budget.rowsLeft(spent, out.length) === 0) break;
        out.push(one);
      }
      const all = [spent, ...out].reduce((sum, one) => sum + one.inputTokens + one.outputTokens, 0);
      expect(all).toBeLessThanOrEqual(limit);
      if (out.length === 0) expect(limit - all).toBeLessThan(150);
    }),
  );
});

it("a job that stopped for it says what it has spent, and one that ran to its end or stopped for something else says nothing", () => {
  const counts = { rowsDone: 40, rowsFailed: 0, rowsCut: 0, sharedTokens: 0, inputTokens: 900, outputTokens: 50 };
  expect(new Budget({ ...JOB, maxTotalTokens: 1000 }).failureOf(counts)).toBe(
    "its budget does not last for another row: 950 tokens of 1,000 tokens are spent (maxTotalTokens), 40 of 100 rows are done",
  );
  expect(new Budget({ ...JOB, maxCost: 0.0011 }).failureOf(counts)).toBe(
    "its budget does not last for another row: $0.001 of $0.0011 are spent (maxCost), 40 of 100 rows are done",
  );
  expect(new Budget({ ...JOB, maxTotalTokens: 1000 }).failureOf({ ...counts, rowsDone: 100 })).toBe(null);
  expect(new Budget({ ...JOB, maxTotalTokens: 5000 }).failureOf(counts)).toBe(null);
});

it("one that lasts for no row says so before any runs, and counts what an output can have at most", () => {
  expect(new Budget({ ...JOB, maxTotalTokens: 149 }).obstacle).toEqual({
    option: "maxTotalTokens",
    why: "149 tokens do not last for one row, which may take 150 tokens",
  });
  expect(new Budget({ ...JOB, maxCost: 0.0001, maxTotalTokens: 500 }).obstacle).toEqual({
    option: "maxCost",
    why: "$0.0001 do not last for one row, which may take $0.0002",
  });
  expect(new Budget({ ...JOB, maxTotalTokens: 149, longestOutputTokens: 5 }).obstacle).toBe(null);
});

it("a sum of prices that is a hair more than its share leaves the last row its money", () => {
  const job = { ...JOB, pricePerMillionTokens: { input: 1, output: 0 }, maxCost: 0.0003 };
  expect(new Budget(job).rowsLeft(NOTHING, 0)).toBe(3);
  expect(new Budget(job).rowsLeft({ inputTokens: 200, outputTokens: 0 }, 0)).toBe(1);
});

it("where a row has taken more than was guessed, so may the next ones", () => {
  const budget = new Budget({ ...JOB, maxTotalTokens: 1000 });
  budget.learn({ inputTokens: 400, outputTokens: 10 });
  expect(budget.rowsLeft({ inputTokens: 400, outputTokens: 10 }, 0)).toBe(1);
});
