import { expect, test } from "vitest";
import { mostFailedRows } from "../../src/jobs/index.js";

test("half of the rows may fail where nothing was said, else the number or the share", () => {
  expect([1, 2, 3, 40].map((rows) => mostFailedRows(null, rows))).toEqual([0, 1, 1, 20]);
  expect([0, 3].map((most) => mostFailedRows(most, 2))).toEqual([0, 3]);
  expect(["0%", "5%", "12.5%", "100%"].map((share) => mostFailedRows(share, 40))).toEqual([0, 2, 5, 40]);
  expect(mostFailedRows("29%", 100)).toBe(29);
});
