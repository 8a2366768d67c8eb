import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  Field,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  type TypeMap,
  tableFromArrays,
  tableToIPC,
} from "apache-arrow";
import pl from "nodejs-polars";
import { Table as WasmTable, writeParquet as writeWasmParquet } from "parquet-wasm";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);

const duck = await (await DuckDBInstance.create(":memory:")).connect();

async function writeParquet(name: string, select: string, options = ""): Promise<string> {
  await duck.run(`copy (${select}) to '${at(name)}' (format parquet ${options})`);
  return at(name);
}

const MANY = "select i::integer id, 'Zeile ' || i || ' – é🙂' as text, i % 2 = 0 even from range(5000) r(i)";
const manyTexts = Array.from({ length: 5000 }, (_, i) => `Zeile ${i} – é🙂`);

test("a file in which two columns have one name is refused, whatever its format and packing", async () => {
  const type = new Struct<TypeMap>([new Field("a", new Int32()), new Field("a", new Int32())]);
  const children = [1, 2].map((value) => makeData({ type: new Int32(), data: Int32Array.of(value) }));
  const data = makeData({ type, length: 1, nullCount: 0, children });
  const twice = new Table([new RecordBatch(new Schema(type.children), data)]);
  const stream = tableToIPC(twice, "stream");
  const parquet = writeWasmParquet(WasmTable.fromIPCStream(stream));
  const files: [string, Uint8Array][] = [
    ["twice.arrow", tableToIPC(twice, "file")],
    ["twice-stream.arrow", stream],
    ["twice.parquet", parquet],
    ["twice.parquet.gz", gzipSync(parquet)],
  ];
  for (const [name, bytes] of files) {
    writeFileSync(at(name), bytes);
    await expect(openSource(at(name))).rejects.toMatchObject({
      code: "ROWMILL_DUPLICATE_HEADER",
      exitCode: 2,
      message: `${at(name)} has more than one column named "a". Give each column its own name.`,
    });
  }
  for (const table of [twice, twice.batches[0], stream])
    await expect(openSource(table)).rejects.toMatchObject({ code: "ROWMILL_DUPLICATE_HEADER" });
});

describe("Parquet", () => {
  test.each(["zstd", "snappy", "gzip", "lz4_raw", "brotli", "uncompressed"])(
    "a file that DuckDB wrote with %s gives its rows in order, row group by row group",
    async (codec) => {
      const path = await writeParquet(`${codec}.parquet`, MANY, `, compression '${codec}', row_group_size 2048`);
      const { source, rows, texts, batchSizes } = await readAll(path, "text");
      expect(source).toMatchObject({ kind: "table", format: "parquet" });
      expect(source.columns).toEqual([
        { name: "id", type: "integer" },
        { name: "text", type: "string" },
        { name: "even", type: "boolean" },
      ]);
      expect(texts).toEqual(manyTexts);
      expect(rows[4999]).toEqual({ id: 4999, text: manyTexts[4999], even: false });
      expect(Math.max(...batchSizes)).toBeLessThanOrEqual(2_000);
    },
  );

  test("a gzip'd file is unpacked and read alike", async () => {
    const path = await writeParquet("plain.parquet", MANY);
    writeFileSync(at("packed.parquet.gz"), gzipSync(readFileSync(path)));
    expect((await readAll(at("packed.parquet.gz"), "text")).texts).toEqual(manyTexts);
  });

  test("columns of every type become plain values", async () => {
    const path = await writeParquet(
      "types.parquet",
      `select 9007199254740993::bigint big, 1.5::double num, 12.30::decimal(10,2) price, -0.05::decimal(10,2) less,
        date '2024-02-29' as day, timestamp '2024-02-29 10:11:12.345678' as wall, timestamptz '2024-02-29 10:11:12+00' as instant,
        time '10:11:12.5' as clock, [1,2] as list, {'a': 1, 'b': ['x']} as obj, map(['k'], [7]) as dict, 'abc'::blob as bytes,
        null::varchar as nothing, interval 3 day as span`,
    );
    const { rows, source } = await readAll(path, "list");
    expect(rows).toEqual([
      {
        big: "9007199254740993",
        num: 1.5,
        price: "12.30",
        less: "-0.05",
        day: "2024-02-29",
        wall: "2024-02-29T10:11:12.345678",
        instant: "2024-02-29T10:11:12.000Z",
        clock: "10:11:12.5",
        list: [1, 2],
        obj: { a: 1, b: ["x"] },
        dict: { k: 7 },
        bytes: "YWJj",
        nothing: null,
        span: "P3D",
      },
    ]);
    expect(source.finalColumns().find(({ name }) => name === "obj")?.type).toBe("json");
  });

  test("times at their ends, single floats and wide numbers keep every digit, in lists and structs too", async () => {
    const path = await writeParquet(
      "ends.parquet",
      `select timestamp '9999-12-31 23:59:59.999999' as at, timestamp '0001-01-01 00:00:00.000001' as start, 0.1::float price,
        [19.99::float, 'nan'::float, '-inf'::float] prices, {'id': 9007199254740993, 'at': timestamp_ns '2024-01-01 00:00:00.000000001'} nested,
        18446744073709551615::ubigint most, -99999999999999999999999999999999999999::decimal(38,0) amount, -0.0::double zero`,
    );
    const { texts } = await readAll(path, "nested");
    expect(texts).toEqual(['{"id":9007199254740993,"at":"2024-01-01T00:00:00.000000001"}']);
    const wanted: Record<string, string> = {
      at: "9999-12-31T23:59:59.999999",
      start: "0001-01-01T00:00:00.000001",
      price: "0.1",
      prices: "[19.99,NaN,-Infinity]",
      most: "18446744073709551615",
      amount: "-99999999999999999999999999999999999999",
      zero: "-0",
    };
    for (const [column, text] of Object.entries(wanted)) expect((await readAll(path, column)).texts).toEqual([text]);
  });

  test("an interval that DuckDB wrote has its months, in lists too", async () => {
    const path = await writeParquet(
      "spans.parquet",
      "select interval '1 year 2 months 3 days 4.5 seconds' span, [interval 5 month, null] spans, 'x' word",
    );
    expect((await readAll(path, "span")).rows).toEqual([{ span: "P14M3DT4.5S", spans: ["P5M", null], word: "x" }]);
    expect((await readAll(path, "span")).texts).toEqual(["P14M3DT4.5S"]);
  });

  test("the text of a nested, a date and a null column", async () => {
    const path = await writeParquet(
      "texts.parquet",
      "select {'a': [1, 2]} o, date '2024-01-02' d, null::varchar n, 7::bigint i",
    );
    expect((await readAll(path, "o")).texts).toEqual(['{"a":[1,2]}']);
    expect((await readAll(path, "d")).texts).toEqual(["2024-01-02"]);
    expect((await readAll(path, "n")).texts).toEqual([null]);
    expect((await readAll(path, "i")).texts).toEqual(["7"]);
  });

  test("a column's text is the same whether it was asked for at the opening or not", async () => {
    const path = await writeParquet(
      "asked.parquet",
      "select case when i % 3 = 0 then null else 'é' || i end s from range(3000) r(i)",
    );
    const asked = await readAll(path, "s");
    const kept = asked.rows.map(({ s }) => s);
    expect(asked.texts).toEqual(kept);
    expect(kept.slice(0, 3)).toEqual([null, "é1", "é2"]);
  });

  test("polars' Parquet, its categorical columns too", async () => {
    const frame = pl
      .DataFrame({ id: [1, 2, 3], text: ["a", null, "a longer text than a view holds"], kind: ["x", "y", "x"] })
      .withColumn(pl.col("kind").cast(pl.Categorical));
    frame.writeParquet(at("polars.parquet"));
    const { rows, texts } = await readAll(at("polars.parquet"), "kind");
    expect(texts).toEqual(["x", "y", "x"]);
    expect(rows[2]).toEqual({ id: 3, text: "a longer text than a view holds", kind: "x" });
  });

  test("what is no Parquet file is unreadable, and so is a table without rows empty", async () => {
    writeFileSync(at("fake.parquet"), "not a parquet file at all");
    await expect(readAll(at("fake.parquet"))).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: `${at("fake.parquet")} is no Parquet file.`,
    });
    const path = await writeParquet("none.parquet", "select 1 as a where false");
    await expect(readAll(path)).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
  });
});

describe("Arrow and Feather", () => {
  const frame = pl
    .DataFrame({
      id: [1, 2, 3],
      text: ["short", "a text that is longer than twelve bytes", null],
      kind: ["x", "y", "x"],
      tags: [["a"], ["b", "c"], []],
    })
    .withColumn(pl.col("kind").cast(pl.Categorical));
  const rowsWanted = [
    { id: 1, text: "short", kind: "x", tags: ["a"] },
    { id: 2, text: "a text that is longer than twelve bytes", kind: "y", tags: ["b", "c"] },
    { id: 3, text: null, kind: "x", tags: [] },
  ];

  test.each(["uncompressed", "lz4", "zstd"] as const)(
    "Feather files and streams that polars wrote with %s",
    async (compression) => {
      frame.writeIPC(at(`${compression}.feather`), { compression });
      frame.writeIPCStream(at(`${compression}.arrow`), { compression });
      for (const path of [at(`${compression}.feather`), at(`${compression}.arrow`)]) {
        const { source, rows, texts } = await readAll(path, "text");
        expect(source.format).toBe("arrow");
        expect(source.columns?.map(({ type }) => type)).toEqual(["number", "string", "string", "json"]);
        expect(rows).toEqual(rowsWanted);
        expect(texts).toEqual(rowsWanted.map(({ text }) => text));
      }
    },
  );

  test.each(["lz4", "zstd"] as const)("many rows and repetitive text survive %s", async (compression) => {
    const text = Array.from({ length: 20_000 }, (_, i) => `${"ab".repeat(i % 50)} row ${i} ${(i * 7919) % 1013}`);
    pl.DataFrame({ text }).writeIPC(at("many.feather"), { compression });
    const { texts, batchSizes } = await readAll(at("many.feather"), "text");
    expect(texts).toEqual(text);
    expect(Math.max(...batchSizes)).toBeLessThanOrEqual(2_000);
  });

  test("a gzip'd Arrow file is unpacked and read alike", async () => {
    writeFileSync(at("packed.arrow.gz"), gzipSync(frame.writeIPC()));
    expect((await readAll(at("packed.arrow.gz"))).rows).toEqual(rowsWanted);
  });

  test("what is no Arrow file is unreadable", async () => {
    writeFileSync(at("fake.arrow"), "not an arrow file at all");
    await expect(readAll(at("fake.arrow"))).rejects.toMatchObject({ code: "ROWMILL_UNREADABLE" });
    const whole = tableToIPC(tableFromArrays({ a: ["x", "y"] }), "file");
    writeFileSync(at("cut.arrow"), whole.subarray(0, whole.length - 40));
    await expect(readAll(at("cut.arrow"))).rejects.toMatchObject({ code: "ROWMILL_UNREADABLE" });
  });
});
