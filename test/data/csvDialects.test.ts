import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const duck = await (await DuckDBInstance.create(":memory:")).connect();

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const ROWS = [
  { id: "1", text: "a" },
  { id: "2", text: "b" },
];

describe("dialects of CSV", () => {
  test.each([
    ["bars", "id|text\n1|a\n2|b\n"],
    ["Excel's sep= line", "sep=;\r\nid;text\r\n1;a\r\n2;b\r\n"],
    ["a sep= line of a sign that is none of the usual", "sep=:\nid:text\n1:a\n2:b"],
    ["carriage returns alone", "id,text\r1,a\r2,b\r"],
    ["carriage returns alone behind blank lines and quotes", '\r\rid,"text"\r1,"a"\r2,b'],
    ["carriage returns and semicolons", "id;text\r1;a\r2;b"],
  ])("%s are read", async (_, content) => {
    expect((await readAll(write("dialect.csv", content))).rows).toEqual(ROWS);
  });

  test("carriage returns alone are found in a file whose first line feed is far, or within quotes", async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i},text ${i}`);
    const { rows } = await readAll(write("far.csv", ["id,text", ...lines].join("\r")));
    expect(rows.length).toBe(60_000);
    expect(rows[59_999]).toEqual({ id: "59999", text: "text 59999" });
    expect((await readAll(write("quoted.csv", 'id,text\r1,"a\nb"\r'))).rows).toEqual([{ id: "1", text: "a\nb" }]);
  });

  test("a carriage return within a line stays where line feeds end the lines", async () => {
    expect((await readAll(write("inner.csv", "id,text\n1,a\rb\n"))).rows).toEqual([{ id: "1", text: "a\rb" }]);
  });

  test.each([
    ["UTF-16 without a mark", Buffer.from("id,text\n1,a\n", "utf16le"), "is UTF-16, .*iconv -f UTF-16LE"],
    ["UTF-16 of the other order", Buffer.from("id,text\n1,a\n", "utf16le").swap16(), "is UTF-16, .*iconv -f UTF-16BE"],
    ["a Parquet file", Buffer.from(`PAR1${"\0".repeat(20)}PAR1`), "is a Parquet file, .*Name it .parquet"],
    ["an Arrow file", Buffer.from(`ARROW1\0\0${"\0".repeat(20)}`), "is an Arrow file, .*Name it .arrow"],
    [
      "an Excel sheet",
      Buffer.concat([Buffer.from("PK\x03\x04"), deflateRawSync("x".repeat(99))]),
      "is a ZIP archive or an Excel sheet",
    ],
    ["a Zstandard file", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]), "is compressed with Zstandard"],
    ["an SQLite file", Buffer.from(`SQLite format 3\0${"\0".repeat(99)}`), "is an SQLite database"],
  ])("%s is called what it is, whatever its name", async (_, content, reason) => {
    for (const name of ["odd.csv", "odd.jsonl", "odd.json", "odd.txt"])
      await expect(readAll(write(name, content))).rejects.toThrow(new RegExp(`${name} ${reason}`));
  });
});

describe("quotes inside an unquoted field", () => {
  const path = write("inches.csv", 'id,text\n1,7" x 10" frame\n2,"5"" nail"\n');

  test("are refused with the way to go on, or are characters where that is asked for", async () => {
    await expect(readAll(path)).rejects.toThrow(/line 2: a quote stands inside a field.*csvQuotes: "relaxed"/);
    const { rows } = await readAll(path, "text", { csvQuotes: "relaxed" });
    expect(rows.map(({ text }) => text)).toEqual(['7" x 10" frame', '5" nail']);
    // as DuckDB reads it
    const judged = await duck.runAndReadAll(
      `select text from read_csv('${path}', strict_mode = false, all_varchar = true, delim = ',', quote = '"', escape = '"', header = true)`,
    );
    expect(judged.getRowObjectsJson()).toEqual(rows.map(({ text }) => ({ text })));
  });

  test("stand in a header as they are, and hide none of its separators", async () => {
    const inHeader = write("header.csv", 'id;size 5";"a ""name"";"\n1;"x;y";"two,\nlines"\n2;7";b\n');
    await expect(readAll(inHeader)).rejects.toThrow(/line 1: a quote stands inside a field.*csvQuotes: "relaxed"/);
    const { rows } = await readAll(inHeader, "", { csvQuotes: "relaxed" });
    expect(rows).toEqual([
      { id: "1", 'size 5"': "x;y", 'a "name";': "two,\nlines" },
      { id: "2", 'size 5"': '7"', 'a "name";': "b" },
    ]);
  });

  test("are about CSV only: elsewhere the option is refused", async () => {
    const lines = write("rows.jsonl", '{"a":1}\n');
    await expect(readAll(lines, "a", { csvQuotes: "relaxed" })).rejects.toMatchObject({
      code: "ROWMILL_BAD_OPTION",
      message: expect.stringContaining("csvQuotes is about CSV and TSV"),
    });
  });
});

describe("a file of one column", () => {
  test("has a row without a value for each empty line, as DuckDB and polars write null; a quoted nothing is a text", async () => {
    const path = write("one.csv", '\n\nmsg\nfirst\n\n""\n"a\n\nb"\n\n');
    const { rows, texts } = await readAll(path, "msg");
    expect(texts).toEqual(["first", null, "", "a\n\nb", null]);
    expect(rows).toEqual(texts.map((msg) => ({ msg })));
  });

  test("has as many rows as DuckDB wrote into it, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.constantFrom("a", "b c", "x\ny", "1")), { minLength: 1 }),
        async (values) => {
          const list = values.map((value) => (value === null ? "null" : `'${value}'`)).join(",");
          const path = join(folder, "duck-one.csv");
          await duck.run(`copy (select unnest([${list}]::varchar[]) as msg) to '${path}' (header)`);
          expect((await readAll(path, "msg")).texts).toEqual(values);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("any table is read as DuckDB reads it, in each dialect", async () => {
  const field = fc.stringMatching(/^[a-z ;|,"\n\té€0-9.-]{0,8}$/);
  const table = fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom(",", ";", "\t", "|"), async (records, delimiter) => {
      const path = write(
        "judged.csv",
        stringify([["x", "y", "z"], ...records], { delimiter, quoted: true, quoted_empty: true }),
      );
      const { rows } = await readAll(path);
      const sql = `from read_csv('${path}', header = true, all_varchar = true, delim = '${delimiter}', quote = '"', escape = '"', auto_detect = false, allow_quoted_nulls = false, columns = {'x': 'varchar', 'y': 'varchar', 'z': 'varchar'})`;
      expect(rows).toEqual((await duck.runAndReadAll(sql)).getRowObjectsJson());
    }),
    { numRuns: 60 },
  );
});
