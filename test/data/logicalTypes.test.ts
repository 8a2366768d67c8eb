import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  FixedSizeBinary,
  IntervalYearMonth,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  tableFromArrays,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { writeThrough } from "../results/throughFiles.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const duck = await (await DuckDBInstance.create(":memory:")).connect();

const UUIDS = ["00000000-0000-0000-0000-000000000000", "11111111-2222-3333-4444-5555555555ff", null];
const VALUES = UUIDS.map((uuid) => (uuid === null ? "(null)" : `('${uuid}')`)).join(", ");

describe("Parquet's logical types", () => {
  test("a UUID is the text that DuckDB prints, alone, in lists and in structs, and stays one through a file", async () => {
    await duck.run(
      `copy (select u, [u] as list, {'k': u} as struct from (values ${VALUES}) t(text), (select text::uuid as u)) to '${at("uuid.parquet")}' (format parquet)`,
    );
    const parquet = await writeThrough(at("uuid.parquet"), at("uuid-out.parquet"));
    const arrow = await writeThrough(parquet, at("uuid-out.arrow"), { outputColumn: "again" });
    for (const path of [at("uuid.parquet"), parquet, arrow]) {
      expect((await readAll(path, "u")).texts).toEqual(UUIDS);
      expect((await readAll(path, "list")).texts).toEqual(UUIDS.map((uuid) => JSON.stringify([uuid])));
      expect((await readAll(path, "struct")).texts).toEqual(UUIDS.map((uuid) => JSON.stringify({ k: uuid })));
      expect((await readAll(path)).rows.map(({ u }) => u)).toEqual(UUIDS);
    }
  });

  test("sixteen bytes that are no UUID are bytes", async () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
    const data = makeData({ type: new FixedSizeBinary(16), length: 1, data: bytes });
    expect((await readAll(new RecordBatch({ a: data }), "a")).texts).toEqual([Buffer.from(bytes).toString("base64")]);
  });

  test("JSON is its text, an interval ISO 8601 with its months, days and seconds", async () => {
    await duck.run(
      `copy (select '{"b":1.0, "2":[]}'::json as j, interval '14 months 3 days 4.5 seconds' as i) to '${at("json.parquet")}' (format parquet)`,
    );
    expect((await readAll(at("json.parquet"), "j")).texts).toEqual(['{"b":1.0, "2":[]}']);
    expect((await readAll(at("json.parquet"), "i")).texts).toEqual(["P14M3DT4.5S"]);
  });
});

describe("Arrow's older words", () => {
  test("an interval of years and months is its months", async () => {
    const data = makeData({ type: new IntervalYearMonth(), length: 3, data: Int32Array.of(14, 0, -1) });
    const bytes = RecordBatchStreamWriter.writeAll([new RecordBatch({ a: data })]).toUint8Array(true);
    writeFileSync(at("months.arrow"), bytes);
    expect((await readAll(at("months.arrow"), "a")).texts).toEqual(["P14M", "PT0S", "P-1M"]);
  });

  test("a stream as versions before 0.15 framed it is read alike", async () => {
    const table = tableFromArrays({ a: ["one", "two"], n: BigInt64Array.of(1n, -(2n ** 63n)) });
    const stream = Buffer.from(RecordBatchStreamWriter.writeAll(table).toUint8Array(true));
    const parts: Buffer[] = [];
    for (let from = 0; from < stream.length; ) {
      // each message: a mark, its metadata's length, the metadata, and the body whose length that names
      const next = stream.indexOf(Buffer.of(255, 255, 255, 255), from + 8);
      parts.push(stream.subarray(from + 4, next < 0 ? stream.length : next));
      from = next < 0 ? stream.length : next;
    }
    writeFileSync(at("old.arrow"), Buffer.concat(parts));
    expect((await readAll(at("old.arrow"), "a")).texts).toEqual(["one", "two"]);
    expect((await readAll(at("old.arrow"), "n")).texts).toEqual(["1", "-9223372036854775808"]);
  });
});
