import { createRequire } from "node:module";
import {
  DateMillisecond,
  Field,
  Int32,
  List,
  Struct,
  Table,
  tableFromArrays,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { decodeRows, openSource } from "../../src/data/index.js";
import { readAll } from "./scratch.js";

/** The library's CommonJS build: other classes than those that the sources import, as in a program with a copy of its own. */
const otherArrow = createRequire(import.meta.url)("apache-arrow") as typeof import("apache-arrow");

describe("lists and iterables", () => {
  test("a list of strings gives its prompts in batches, nulls as null", async () => {
    const prompts = Array.from({ length: 4500 }, (_, i) => (i % 10 === 3 ? null : `prompt ${i}`));
    const { source, texts, batchSizes, rows } = await readAll(prompts);
    expect(source).toMatchObject({ kind: "list", format: "list", path: null, columns: null });
    expect(texts).toEqual(prompts);
    expect(batchSizes).toEqual([2000, 2000, 500]);
    expect(rows).toEqual([]);
    expect(source.finalColumns()).toEqual([]);
  });

  test("a batch closes at about 4 MB of text", async () => {
    const prompts = Array.from({ length: 10 }, () => "x".repeat(1_500_000));
    expect((await readAll(prompts)).batchSizes).toEqual([3, 3, 3, 1]);
  });

  test("a list that begins with nulls, or has nothing else, is a list of strings", async () => {
    expect((await readAll([null, undefined, "a"])).texts).toEqual([null, null, "a"]);
    expect((await readAll([null, null])).texts).toEqual([null, null]);
  });

  test("a list of objects is a table; dates, big integers and nested values are kept as they are", async () => {
    const { source, rows, texts } = await readAll(
      [
        { id: 1, at: new Date("2024-02-29T10:00:00Z"), big: 2n ** 60n, tags: new Set(["x"]), skip: undefined },
        { id: 2n, text: "b", at: null, not: Number.NaN },
      ],
      "at",
    );
    expect(source).toMatchObject({ kind: "table", format: "objects" });
    expect(rows).toEqual([
      { id: 1, at: "2024-02-29T10:00:00.000Z", big: "1152921504606846976", tags: ["x"] },
      { id: 2, text: "b", at: null, not: Number.NaN },
    ]);
    expect(texts).toEqual(["2024-02-29T10:00:00.000Z", null]);
    expect(source.finalColumns()).toEqual([
      { name: "id", type: "integer" },
      { name: "at", type: "string" },
      { name: "big", type: "integer" },
      { name: "tags", type: "json" },
      { name: "text", type: "string" },
      { name: "not", type: "number" },
    ]);
  });

  test("generators and async generators are read as they come, and closed when reading stops", async () => {
    let isClosed = false;
    let made = 0;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield `row ${made++}`;
      } finally {
        isClosed = true;
      }
    }
    const source = await openSource(endless());
    expect(made).toBe(1);
    for await (const batch of source.batches()) {
      expect(batch.text("")[1999]).toBe("row 1999");
      break;
    }
    expect(isClosed).toBe(true);
    expect(made).toBeLessThan(2100);
    function* few(): Generator<object> {
      yield { a: 1 };
      yield { a: 2 };
    }
    expect((await readAll(few())).rows).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test.each([
    [["a", { b: 1 }], "Row 2: this is an object, where a string was expected"],
    [[{ b: 1 }, "a"], "Row 2: this is a string, where an object was expected"],
    [[{ b: 1 }, null], "Row 2: this is null, where an object was expected"],
    [[null, { b: 1 }], "Row 2: the row before is null, and this is an object"],
    [[1, 2], "Row 1: this is a number, where a string was expected"],
    [[["a"]], "Row 1: this is an array, where a string was expected"],
  ])("rows of different kinds name the row: %j", async (data, message) => {
    await expect(readAll(data)).rejects.toMatchObject({
      code: "ROWMILL_MIXED_ROWS",
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  test("nothing in it is an empty table, half a surrogate pair is no UTF-8, a number is no data", async () => {
    await expect(openSource([])).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
    await expect(readAll(["fine", "\ud83d"])).rejects.toMatchObject({
      code: "ROWMILL_NOT_UTF8",
      message: expect.stringContaining("Row 2"),
    });
    for (const data of [3, null, undefined, {}, () => []]) {
      await expect(openSource(data)).rejects.toMatchObject({ code: "ROWMILL_UNKNOWN_FORMAT" });
    }
  });
});

describe("Arrow tables and DataFrames", () => {
  const arrays = {
    id: Int32Array.from({ length: 4500 }, (_, i) => i),
    text: Array.from({ length: 4500 }, (_, i) => `t${i}`),
  };

  test("a Table, one of its batches and its IPC bytes", async () => {
    const table = tableFromArrays(arrays);
    const bytes = tableToIPC(table, "file");
    for (const data of [table, table.batches[0], bytes, tableToIPC(table, "stream"), bytes.slice().buffer]) {
      const { source, rows, texts, batchSizes } = await readAll(data, "text");
      expect(source).toMatchObject({ kind: "table", format: "arrow" });
      expect(source.columns).toEqual([
        { name: "id", type: "integer" },
        { name: "text", type: "string" },
      ]);
      expect(batchSizes).toEqual([2000, 2000, 500]);
      expect(texts).toEqual(arrays.text);
      expect(rows[4499]).toEqual({ id: 4499, text: "t4499" });
    }
  });

  test("IPC bytes that begin anywhere in their buffer, as the user's and as kept ones", async () => {
    const bytes = tableToIPC(tableFromArrays({ id: Int32Array.of(1, 2), big: BigInt64Array.of(3n, 4n) }));
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const rows = [
      { id: 1, big: 3 },
      { id: 2, big: 4 },
    ];
    expect((await readAll(shifted)).rows).toEqual(rows);
    expect(decodeRows({ format: "arrow", bytes: shifted })).toEqual(rows);
  });

  test("a table of another copy of apache-arrow, with nested, dictionary and date columns and nulls", async () => {
    const { vectorFromArray: vector } = otherArrow;
    const list = new otherArrow.List(new otherArrow.Field("item", new otherArrow.Utf8(), true));
    const struct = new otherArrow.Struct([new otherArrow.Field("n", new otherArrow.Int32(), true)]);
    const table = new otherArrow.Table({
      id: vector([1, null, 3], new otherArrow.Int32()),
      word: vector(["x", "y", "x"]),
      tags: vector([["a", "b"], null, []], list),
      pair: vector([{ n: 1 }, { n: null }, null], struct),
      day: vector([new Date("2024-01-02"), null, new Date("2024-01-03")], new otherArrow.DateDay()),
    });
    expect(table.constructor).not.toBe(Table);
    const rows = [
      { id: 1, word: "x", tags: ["a", "b"], pair: { n: 1 }, day: "2024-01-02" },
      { id: null, word: "y", tags: null, pair: { n: null }, day: null },
      { id: 3, word: "x", tags: [], pair: null, day: "2024-01-03" },
    ];
    expect((await readAll(table)).rows).toEqual(rows);
    expect((await readAll(table.slice(1, 3))).rows).toEqual(rows.slice(1));
    expect((await readAll(table.batches[0])).rows).toEqual(rows);
  });

  test("slices of nested and boolean columns keep their values", async () => {
    const length = 4100;
    const tags = vectorFromArray(
      Array.from({ length }, (_, i) => (i % 3 === 0 ? null : Array.from({ length: i % 4 }, (_, j) => `${i}/${j}`))),
      new List(new Field("item", new Utf8(), true)),
    );
    const pairs = vectorFromArray(
      Array.from({ length }, (_, i) => ({ at: new Date(i * 1000), n: i })),
      new Struct([new Field("at", new DateMillisecond(), true), new Field("n", new Int32(), true)]),
    );
    const flags = vectorFromArray(Array.from({ length }, (_, i) => (i % 5 === 0 ? null : i % 2 === 0)));
    const { rows } = await readAll(new Table({ tags, pairs, flags }));
    expect(rows).toEqual(
      Array.from({ length }, (_, i) => ({
        tags: i % 3 === 0 ? null : Array.from({ length: i % 4 }, (_, j) => `${i}/${j}`),
        pairs: { at: new Date(i * 1000).toISOString(), n: i },
        flags: i % 5 === 0 ? null : i % 2 === 0,
      })),
    );
  });

  test("a polars DataFrame, and a lazy one", async () => {
    const frame = pl.DataFrame({ id: [1, 2], text: ["a", null], when: [new Date(0), new Date(1)] });
    const rows = [
      { id: 1, text: "a", when: "1970-01-01T00:00:00.000" },
      { id: 2, text: null, when: "1970-01-01T00:00:00.001" },
    ];
    const { source, rows: read, texts } = await readAll(frame, "text");
    expect(source).toMatchObject({ kind: "table", format: "dataframe", path: null });
    expect(source.columns?.map(({ name }) => name)).toEqual(["id", "text", "when"]);
    expect(read).toEqual(rows);
    expect(texts).toEqual(["a", null]);
    expect((await readAll(frame.lazy())).rows).toEqual(rows);
  });

  test("anything that gives an Arrow table or its bytes", async () => {
    const table = tableFromArrays({ a: ["x", "y"] });
    for (const data of [{ toArrow: () => table }, { toArrowIPC: async () => tableToIPC(table) }]) {
      const { source, rows } = await readAll(data);
      expect(source.format).toBe("dataframe");
      expect(rows).toEqual([{ a: "x" }, { a: "y" }]);
    }
  });

  test("a table without rows is empty, bytes that are no Arrow are unreadable", async () => {
    await expect(readAll(tableFromArrays({ a: [] as string[] }))).rejects.toMatchObject({
      code: "ROWMILL_EMPTY_TABLE",
    });
    await expect(readAll(Buffer.from("no arrow"))).rejects.toMatchObject({ code: "ROWMILL_UNREADABLE" });
  });
});
