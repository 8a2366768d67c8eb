import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The same content plain, gzip'd with the suffix, and gzip'd without it. */
function writeThrice(name: string, content: string): string[] {
  const [stem, extension] = name.split(".");
  const packed = gzipSync(content);
  return [write(name, content), write(`${name}.gz`, packed), write(`${stem}-packed.${extension}`, packed)];
}

describe("CSV and TSV", () => {
  test("a CSV file gives its rows with their columns as strings, plain and gzip'd", async () => {
    const content = 'id,text\n1,plain\n2,"with, comma"\n3,"two\nlines and a ""quote"""\n4,\n';
    for (const path of writeThrice("rows.csv", content)) {
      const { source, rows, texts } = await readAll(path, "text");
      expect(source).toMatchObject({ kind: "table", format: "csv", path });
      expect(source.columns).toEqual([
        { name: "id", type: "string" },
        { name: "text", type: "string" },
      ]);
      expect(source.finalColumns()).toEqual(source.columns);
      expect(texts).toEqual(["plain", "with, comma", 'two\nlines and a "quote"', ""]);
      expect(rows[2]).toEqual({ id: "3", text: 'two\nlines and a "quote"' });
    }
  });

  test("a TSV file is cut at tabs, plain and gzip'd", async () => {
    for (const path of writeThrice("rows.tsv", "id\ttext\n1\ta, b\n2\tc\n")) {
      const { source, rows } = await readAll(path, "text");
      expect(source.format).toBe("tsv");
      expect(rows).toEqual([
        { id: "1", text: "a, b" },
        { id: "2", text: "c" },
      ]);
    }
  });

  test("a CSV file separated by semicolons or tabs is read, also with a byte order mark, CRLF and commas in its values", async () => {
    for (const [name, separator] of [
      ["semicolons", ";"],
      ["tabs", "\t"],
    ] as const) {
      const lines = [`id${separator}"text, first"`, `1${separator}3,50 €`, `2${separator}"a${separator}b"`];
      for (const path of writeThrice(`${name}.csv`, `\uFEFF\r\n${lines.join("\r\n")}`)) {
        const { source, rows } = await readAll(path, "text, first");
        expect(source.format).toBe("csv");
        expect(rows).toEqual([
          { id: "1", "text, first": "3,50 €" },
          { id: "2", "text, first": `a${separator}b` },
        ]);
      }
    }
  });

  test("a comma in the header keeps the commas, whatever else is there", async () => {
    const { rows } = await readAll(write("both.csv", "id,a;b\n1,x;y\n"));
    expect(rows).toEqual([{ id: "1", "a;b": "x;y" }]);
  });

  test("a ragged row of a CSV file with semicolons names its line and the separator", async () => {
    const path = write("ragged-semicolons.csv", "id;text\n1;a\n2;b;c\n");
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_RAGGED_ROW",
      message: `${path} line 3: the row has 3 fields, the header has 2. Quote fields that hold the separator ";".`,
    });
  });

  test("a byte order mark, CRLF, blank lines and a missing last newline change nothing", async () => {
    const path = write("windows.csv", "\uFEFFid,text\r\n1,a\r\n\r\n2,b");
    const { rows } = await readAll(path, "text");
    expect(rows).toEqual([
      { id: "1", text: "a" },
      { id: "2", text: "b" },
    ]);
  });

  test("a ragged row names its file and line", async () => {
    const path = write("ragged.csv", 'id,text\n1,a\n2,"b\nb"\n3,c,d\n4,e\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_RAGGED_ROW",
      exitCode: 2,
      message: expect.stringContaining(`${path} line 5: the row has 3 fields, the header has 2`),
    });
  });

  test("a quote that is never closed names the row in which it was opened", async () => {
    const path = write("open-quote.csv", 'id,text\n1,a\n2,"b\n3,c\n4,d\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringMatching(/row 2: a quote is opened and never closed/),
    });
  });

  test("a quote inside an unquoted field names its line", async () => {
    const path = write("stray-quote.csv", 'id,text\n1,a\n2,a 5" nail\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringContaining(`${path} line 3: a quote stands inside a field`),
    });
  });

  test("two columns of one name are refused before any row is read", async () => {
    const path = write("twice.csv", "id,text,id\n1,a,2\n");
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_DUPLICATE_HEADER",
      message: expect.stringContaining('more than one column named "id"'),
    });
  });

  test("an empty file and a header without rows are empty tables", async () => {
    await expect(readAll(write("empty.csv", ""))).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
    await expect(readAll(write("header.csv", "id,text\n"))).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
  });

  test("any strings come back as csv-stringify wrote them", async () => {
    const field = fc.string({ unit: "grapheme" });
    const table = fc
      .tuple(fc.uniqueArray(field, { minLength: 1, maxLength: 4 }), fc.nat({ max: 3 }), fc.boolean())
      .chain(([names, extra, isWindows]) =>
        fc.tuple(
          fc.constant(names),
          fc.array(fc.array(field, { minLength: names.length, maxLength: names.length }), {
            minLength: 1,
            maxLength: 5 + extra,
          }),
          fc.constant(isWindows),
        ),
      );
    await fc.assert(
      fc.asyncProperty(table, async ([names, records, isWindows]) => {
        const text = stringify([names, ...records], {
          quoted: true,
          quoted_empty: true,
          record_delimiter: isWindows ? "windows" : "unix",
        });
        const { rows } = await readAll(write("property.csv", text));
        expect(rows).toEqual(records.map((record) => Object.fromEntries(names.map((name, i) => [name, record[i]]))));
      }),
      { numRuns: 60 },
    );
  });
});

describe("JSON Lines, JSON and text", () => {
  test("JSON Lines rows may leave columns out; the columns' types are joined over all rows", async () => {
    const content =
      '{"id":1,"text":"a"}\n\n{"id":2.5,"tags":["x"],"text":null}\r\n{"id":3,"text":"c","ok":true,"odd":1}\n{"odd":"s"}';
    for (const name of ["rows.jsonl", "rows.ndjson"]) {
      for (const path of writeThrice(name, content)) {
        const { source, rows, texts } = await readAll(path, "text");
        expect(source).toMatchObject({ kind: "table", format: "jsonl", columns: null });
        expect(texts).toEqual(["a", null, "c", null]);
        expect(rows[1]).toEqual({ id: 2.5, tags: ["x"], text: null });
        expect(source.finalColumns()).toEqual([
          { name: "id", type: "number" },
          { name: "text", type: "string" },
          { name: "tags", type: "json" },
          { name: "ok", type: "boolean" },
          { name: "odd", type: "json" },
        ]);
      }
    }
  });

  test("scalars and nested values become prompt text as JSON writes them", async () => {
    const path = write(
      "values.jsonl",
      ['{"v":1.5}', '{"v":true}', '{"v":{"a":[1]}}', '{"v":"s"}', '{"v":null}'].join("\n"),
    );
    expect((await readAll(path, "v")).texts).toEqual(["1.5", "true", '{"a":[1]}', "s", null]);
  });

  test("numbers that no double holds keep their digits, wherever they stand", async () => {
    const row =
      '{"id":1700000000000000001,"s":"in text: 1700000000000000001 \\" 99999999999999999999","n":[-1700000000000000001],"f":1.12345678901234567,"safe":9007199254740991}';
    // the array is read in chunks of 256 KiB: this one ends among the digits of the third row's id
    const long = JSON.stringify({ s: "x".repeat(256 * 1024 - row.length - 20) });
    for (const path of [
      write("large.jsonl", `${row}\n${long}\n${row}\n`),
      write("large.json", `[${row},${long},${row}]`),
    ]) {
      const { rows, texts } = await readAll(path, "id");
      expect(texts[0]).toBe("1700000000000000001");
      expect(rows[2]).toEqual(rows[0]);
      expect(rows[0]).toEqual({
        id: "1700000000000000001",
        s: 'in text: 1700000000000000001 " 99999999999999999999',
        n: ["-1700000000000000001"],
        f: "1.12345678901234567",
        safe: 9007199254740991,
      });
    }
  });

  test("a large integer beside a text of 15 MB keeps its digits", async () => {
    const path = write("long.jsonl", `{"id":1700000000000000001,"s":"${"x".repeat(15_000_000)}"}`);
    const { rows } = await readAll(path);
    expect(rows[0]?.id).toBe("1700000000000000001");
    expect(String(rows[0]?.s).length).toBe(15_000_000);
  });

  test("digits that make no JSON number are an error, not text", async () => {
    for (const path of [
      write("zeros.jsonl", '{"a":01700000000000000001}\n'),
      write("zeros.json", '[{"a":01700000000000000001}]'),
    ])
      await expect(readAll(path)).rejects.toMatchObject({ code: "ROWMILL_UNREADABLE" });
  });

  test("any integers of an array are read as those of lines are", async () => {
    const integers = fc.array(fc.oneof(fc.bigInt(), fc.integer().map(BigInt)), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(integers, async (written) => {
        const rows = written.map((integer) => `{"n":${integer}}`);
        const array = await readAll(write("integers.json", `[${rows.join(",")}]`), "n");
        const lines = await readAll(write("integers.jsonl", rows.join("\n")), "n");
        expect(array.rows).toEqual(lines.rows);
        expect(array.texts.map((text) => BigInt(text ?? ""))).toEqual(written);
      }),
      { numRuns: 100 },
    );
  });

  test("a line that is no JSON names its file and line", async () => {
    const path = write("broken.jsonl", '{"a":1}\n\n{"a":\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringContaining(`${path} line 3 is not valid JSON`),
    });
  });

  test("any JSON objects come back from JSON Lines as they were", async () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(objects, async (written) => {
        // through JSON.parse: JSON has no -0
        const kept = JSON.parse(JSON.stringify(written)) as unknown[];
        const path = write("property.jsonl", kept.map((row) => JSON.stringify(row)).join("\n"));
        expect((await readAll(path)).rows).toEqual(kept);
      }),
      { numRuns: 60 },
    );
  });

  test("a JSON array gives its elements, plain and gzip'd", async () => {
    for (const path of writeThrice("rows.json", ' \n[{"id":1,"text":"a"},\n{"id":2,"text":"é"}]\n')) {
      const { source, rows } = await readAll(path, "text");
      expect(source).toMatchObject({ kind: "table", format: "json" });
      expect(rows).toEqual([
        { id: 1, text: "a" },
        { id: 2, text: "é" },
      ]);
    }
  });

  test("a JSON array of strings is a list", async () => {
    const { source, texts } = await readAll(write("list.json", '["a", null, "b"]'));
    expect(source.kind).toBe("list");
    expect(texts).toEqual(["a", null, "b"]);
  });

  test("JSON Lines in a .json file are explained, a broken array too, an empty one is an empty table", async () => {
    await expect(readAll(write("lines.json", '{"a":1}\n{"a":2}\n'))).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringContaining("name the file .jsonl"),
    });
    await expect(readAll(write("broken.json", '[{"a":1},{"a"'))).rejects.toMatchObject({ code: "ROWMILL_UNREADABLE" });
    await expect(readAll(write("none.json", "[]"))).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
    await expect(readAll(write("array.jsonl", '[\n{"a":1}\n]'))).rejects.toMatchObject({
      message: expect.stringContaining("is named .json"),
    });
  });

  test("each line of a text file is a prompt, blank ones too, plain and gzip'd", async () => {
    for (const path of writeThrice("lines.txt", "first\r\n\nthird, with comma\nlast")) {
      const { source, texts } = await readAll(path);
      expect(source).toMatchObject({ kind: "list", format: "txt" });
      expect(texts).toEqual(["first", "", "third, with comma", "last"]);
      expect(source.finalColumns()).toEqual([]);
    }
  });

  test("strings among objects name the line", async () => {
    const path = write("mixed.jsonl", '{"a":1}\n"b"\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_MIXED_ROWS",
      message: expect.stringContaining(`${path} line 2: this is a string, where an object was expected`),
    });
  });
});

describe("encodings", () => {
  const latin1 = (text: string) => Buffer.from(text, "latin1");

  test("a byte that is not UTF-8 names its line, also far into the file and gzip'd", async () => {
    const head = `id,text\n${"1,fine é\n".repeat(60_000)}`;
    const content = Buffer.concat([Buffer.from(head), latin1("2,caf\xe9\n3,x\n")]);
    for (const path of [write("latin.csv", content), write("latin.csv.gz", gzipSync(content))]) {
      await expect(readAll(path)).rejects.toMatchObject({
        code: "ROWMILL_NOT_UTF8",
        message: expect.stringContaining(`${path} line 60002 is not valid UTF-8`),
      });
    }
  });

  test("a character cut off by the end of the file is not UTF-8", async () => {
    const path = write("cut.txt", Buffer.from([0x61, 0x0a, 0xe2, 0x82]));
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_NOT_UTF8",
      message: expect.stringContaining("line 2"),
    });
  });

  test("UTF-16 is called by its name", async () => {
    const path = write("utf16.csv", Buffer.from("\uFEFFid,text\n1,a\n", "utf16le"));
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_NOT_UTF8",
      message: expect.stringContaining("is UTF-16"),
    });
  });

  test("characters on the border of two chunks stay whole", async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${"€🙂é".repeat(i % 7)}${i}`);
    const { texts, batchSizes } = await readAll(write("border.txt", lines.join("\n")));
    expect(texts).toEqual(lines);
    expect(Math.max(...batchSizes)).toBeLessThanOrEqual(2_000);
  });

  test("half a surrogate pair in a JSON string names its line", async () => {
    const path = write("surrogate.jsonl", '{"a":"fine"}\n{"a":"\\ud83d"}\n');
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_NOT_UTF8",
      message: expect.stringContaining("line 2"),
    });
  });

  test("a gzip file that ends too early is unreadable", async () => {
    const packed = gzipSync("id,text\n1,a\n".repeat(1000));
    const path = write("short.csv.gz", packed.subarray(0, packed.length - 20));
    await expect(readAll(path)).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringContaining("is not a whole gzip file"),
    });
  });
});
