import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openSource, type RowBatch } from "../../src/data/index.js";
import { type ResultShape, writeResults } from "../../src/results/index.js";
import { resultRow, TABLE, tableBatch } from "../results/fixture.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const duck = await (await DuckDBInstance.create(":memory:")).connect();

/** A CSV file of one column beside a number, read with types. */
function writeColumn(texts: readonly string[]): string {
  const path = at("column.csv");
  writeFileSync(
    path,
    stringify([["i", "v"], ...texts.map((text, i) => [String(i), text])], { quoted: true, quoted_empty: true }),
  );
  return path;
}

async function writeTyped(path: string, to: string): Promise<string> {
  const source = await openSource(path, { inferTypes: true });
  const all: RowBatch[] = [];
  for await (const batch of source.batches()) all.push(batch);
  const rows = (count: number) => Array.from({ length: count }, (_, i) => resultRow(i, { output: "x" }));
  const shape: ResultShape = { ...TABLE, columns: source.finalColumns(), includeErrors: false };
  async function* batches() {
    for (const batch of all) yield { ...tableBatch([], rows(batch.rowCount)), inputs: batch.encode() };
  }
  await writeResults(batches(), shape, to);
  return to;
}

test.each([
  [["1", "-2", "", "0"], "BIGINT"],
  [["18446744073709551615", "1"], "UBIGINT"],
  [["-1", "18446744073709551615"], "DECIMAL(20,0)"],
  [["1.5", "2", "0.1"], "DOUBLE"],
  [["1.50", "22.00", "-0.05"], "DECIMAL(4,2)"],
  [["0.1234567890123456789"], "DECIMAL(20,19)"],
  [["0.00", "0.00"], "DECIMAL(3,2)"],
  [["0.00", "5"], "VARCHAR"],
  [["0.0", "0.00"], "VARCHAR"],
  [["true", "false", ""], "BOOLEAN"],
  [["007", "1"], "VARCHAR"],
  [["1.50", "2.5"], "VARCHAR"],
  [["+1"], "VARCHAR"],
  [["-0"], "VARCHAR"],
  [["1e5"], "VARCHAR"],
  [[" 1"], "VARCHAR"],
  [["1", "n/a"], "VARCHAR"],
  [["True", "False"], "VARCHAR"],
  [["NaN"], "VARCHAR"],
  [["9".repeat(39)], "VARCHAR"],
  [["", ""], "VARCHAR"],
])("a column of %j becomes %s in Parquet, and each value written in it is its text", async (texts, type) => {
  const parquet = await writeTyped(writeColumn(texts), at("typed.parquet"));
  const kept = await duck.runAndReadAll(`select typeof(v) as type, v::varchar as v from '${parquet}'`);
  const isText = type === "VARCHAR";
  // DuckDB writes a double of a whole number with .0
  const wanted = texts.map((text) =>
    text === "" && !isText ? null : type === "DOUBLE" && text === "2" ? "2.0" : text,
  );
  expect(kept.getRowObjectsJson()).toEqual(wanted.map((v) => ({ type, v })));
});

test("prompts stay the texts, JSON Lines get numbers with the same text, CSV stays the same", async () => {
  const path = writeColumn(["1.50", "", "-2.25"]);
  expect((await readAll(path, "v", { inferTypes: true })).texts).toEqual(["1.50", "", "-2.25"]);
  expect(readFileSync(await writeTyped(path, at("typed.jsonl")), "utf8")).toBe(
    '{"i":0,"v":1.50,"inference_result":"x"}\n{"i":1,"v":null,"inference_result":"x"}\n{"i":2,"v":-2.25,"inference_result":"x"}\n',
  );
  expect(readFileSync(await writeTyped(path, at("typed.csv")), "utf8")).toBe(
    "i,v,inference_result\n0,1.50,x\n1,,x\n2,-2.25,x\n",
  );
});

test("any column comes back from a typed Parquet file with the texts that it had", async () => {
  const number = fc.oneof(
    fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.integer(), fc.constantFrom("0", "00", "25", "125")).map((parts) => parts.join(".")),
    fc.constantFrom("true", "false", "007", "x"),
  );
  const column = fc.oneof(
    ...[number, fc.integer().map(String), fc.integer().map((n) => `${n}.50`)].map((text) =>
      fc.array(text, { minLength: 1, maxLength: 6 }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(column, async (texts) => {
      const parquet = await writeTyped(writeColumn(texts), at("any.parquet"));
      const back = (await readAll(parquet, "v")).texts;
      expect(back).toEqual(texts);
    }),
    { numRuns: 100 },
  );
});

test("only CSV and TSV have columns without types", async () => {
  writeFileSync(at("rows.jsonl"), '{"a":"1"}\n');
  await expect(openSource(at("rows.jsonl"), { inferTypes: true })).rejects.toMatchObject({
    code: "ROWMILL_BAD_OPTION",
  });
});
