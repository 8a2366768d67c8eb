import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeRows } from "../../bench/rows.js";
import { readAll, scratchFolder } from "../data/scratch.js";

const folder = scratchFolder();

test("the same seed writes the same table, another seed another, in every format the same rows", async () => {
  const [first, again, other, parquet] = ["a.csv", "b.csv", "c.csv", "d.parquet"].map((name) => join(folder, name));
  expect(await writeRows(2500, first as string, 7)).toEqual({ path: first, rows: 2500 });
  await writeRows(2500, again as string, 7);
  await writeRows(2500, other as string, 8);
  await writeRows(2500, parquet as string, 7);
  expect(readFileSync(again as string)).toEqual(readFileSync(first as string));
  expect(readFileSync(other as string)).not.toEqual(readFileSync(first as string));
  const { rows, texts } = await readAll(first, "text");
  expect(Object.keys(rows[0] ?? {})).toEqual(["id", "product", "stars", "text"]);
  expect(new Set(texts).size).toBeGreaterThan(2000);
  expect(texts.join("")).not.toMatch(/[{}]/);
  expect((await readAll(parquet, "text")).texts).toEqual(texts);
});
