import { execFileSync, spawn } from "node:child_process";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import { writeThrough } from "../results/throughFiles.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const ROWS = [
  { id: "1", text: "a" },
  { id: "2", text: "é" },
];
const NUMBERED = ROWS.map(({ id, text }) => ({ id: Number(id), text }));
const LINES = NUMBERED.map((row) => JSON.stringify(row));

/** One byte at a time: no border of a chunk is where one would wish it. */
const trickle = (bytes: Uint8Array) =>
  Readable.from(
    Array.from(bytes, (byte) => Uint8Array.of(byte)),
    { objectMode: false },
  );

describe("a stream of bytes", () => {
  test.each([
    ["csv", "id,text\n1,a\n2,é\n", ROWS],
    ["csv", "id|text\r1|a\r2|é\r", ROWS],
    ["jsonl", `\uFEFF${LINES.join("\n")}`, NUMBERED],
    ["json", ` [${LINES.join(",")}]`, NUMBERED],
  ])("says that it is %s, gzip'd too", async (format, content, rows) => {
    for (const bytes of [Buffer.from(content), gzipSync(content)]) {
      const read = await readAll(trickle(bytes), "text");
      expect(read.source).toMatchObject({ format, path: "the stream", isReadOnce: true });
      expect(read.rows).toEqual(rows);
      expect(read.texts).toEqual(["a", "é"]);
    }
  });

  test("of a Parquet or Arrow file is read as that file is", async () => {
    for (const name of ["rows.parquet", "rows.arrow"]) {
      const path = await writeThrough(NUMBERED, join(folder, name));
      for (const bytes of [readFileSync(path), gzipSync(readFileSync(path))])
        expect((await readAll(Readable.from([bytes], { objectMode: false }), "text")).rows).toEqual(
          (await readAll(path)).rows,
        );
    }
  });

  test("that does not say what it is wants its format said", async () => {
    await expect(openSource(trickle(Buffer.from("first\nsecond\n")))).rejects.toMatchObject({
      code: "ROWMILL_UNKNOWN_FORMAT",
      message: expect.stringContaining("by the option inputFormat, one of csv, "),
    });
    const given = await readAll(trickle(Buffer.from("first\nsecond\n")), "", { inputFormat: "txt" });
    expect(given.texts).toEqual(["first", "second"]);
    await expect(openSource(trickle(Buffer.alloc(0)))).rejects.toMatchObject({ code: "ROWMILL_EMPTY_TABLE" });
  });

  test("is closed behind its last row, when reading stops, and behind a limit", async () => {
    const content = "id,text\n".concat("1,a\n".repeat(200_000));
    for (const limit of [undefined, 3]) {
      const stream = Readable.from(
        Array.from({ length: 40 }, () => Buffer.from(content)),
        { objectMode: false },
      );
      const { batches } = await openSource(stream, { limit });
      for await (const batch of batches()) {
        expect(batch.rowCount).toBe(limit ?? 2000);
        break;
      }
      expect(stream.destroyed).toBe(true);
    }
  });

  test("of many small chunks that come late loses none to a first look that was left waiting", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `${i};text ${i}\n`);
    async function* late(): AsyncGenerator<Buffer> {
      yield Buffer.from("id;text\n");
      for (const line of lines) {
        await new Promise(setImmediate);
        yield Buffer.from(line);
      }
    }
    const { rows } = await readAll(Readable.from(late(), { objectMode: false }));
    expect(rows).toEqual(lines.map((_, i) => ({ id: String(i), text: `text ${i}` })));
  });

  test("keeps a bounded beginning, however long it is", async () => {
    async function* long(): AsyncGenerator<Buffer> {
      yield Buffer.from("id,text\n");
      const chunk = Buffer.from(`1,${"x".repeat(1000)}\n`.repeat(100));
      for (let i = 0; i < 400; i++) yield chunk;
    }
    const source = await openSource(Readable.from(long(), { objectMode: false }));
    let rows = 0;
    for await (const batch of source.batches()) rows += batch.rowCount;
    expect(rows).toBe(40_000);
    // read beyond what is kept, it is gone
    await expect(source.batches()[Symbol.asyncIterator]().next()).rejects.toThrow("gone");
  });
});

describe("a named pipe", () => {
  test("is read as a stream, by its ending or its first bytes", async () => {
    for (const name of ["pipe.csv", "pipe"]) {
      const path = join(folder, name);
      execFileSync("mkfifo", [path]);
      const writer = spawn("sh", ["-c", `printf 'id,text\\n1,a\\n2,é\\n' > '${path}'`]);
      const { rows, source } = await readAll(path, "text");
      expect(source).toMatchObject({ format: "csv", path });
      expect(rows).toEqual(ROWS);
      writer.kill();
    }
  });
});

describe("the first rows", () => {
  const NAMES = ["limit.csv", "limit.jsonl", "limit.json", "limit.parquet", "limit.arrow"];

  test.each(NAMES)("of %s are its first rows, and the job's columns are theirs", async (name) => {
    const rows = [...NUMBERED, { id: 3, text: "c", late: "x" }];
    const path = await writeThrough(rows, join(folder, name), { includeErrors: false });
    const whole = (await readAll(path)).rows;
    for (const limit of [1, 2, 3, 9]) {
      const read = await readAll(path, "text", { limit });
      expect(read.rows).toEqual(whole.slice(0, limit));
      expect(read.texts).toEqual(["a", "é", "c"].slice(0, limit));
    }
  });

  test("of a list and of objects close what gives them, and later rows say nothing of the columns", async () => {
    expect((await readAll(["a", null, "b"], "", { limit: 2 })).texts).toEqual(["a", null]);
    const { source } = await readAll([{ a: 1 }, { a: "x", b: 1 }], "a", { limit: 1 });
    expect(source.finalColumns()).toEqual([{ name: "a", type: "integer" }]);
  });
});

test("a file without an ending is read in the format that is said", async () => {
  const path = join(folder, "data");
  writeFileSync(path, "a;b\n1;2\n");
  expect((await readAll(path, "a", { inputFormat: "csv" })).rows).toEqual([{ a: "1", b: "2" }]);
  await expect(readAll([{ a: 1 }], "a", { inputFormat: "csv" })).rejects.toMatchObject({ code: "ROWMILL_BAD_OPTION" });
  expect((await readAll(createReadStream(path))).rows).toEqual([{ a: "1", b: "2" }]);
});
