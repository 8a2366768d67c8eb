import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import { writeThrough } from "../results/throughFiles.js";
import { compiledSources } from "./child.js";
import { readAll, scratchFolder } from "./scratch.js";

const folder = scratchFolder();
const run = compiledSources();

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

test("a glob reads its files one after the other, numbers in names by value", async () => {
  for (const n of [10, 9, 1]) write(`parts/part-${n}.csv`, `id,text\n${n},t${n}\n`);
  const { source, rows } = await readAll(join(folder, "parts/part-*.csv"), "text");
  expect(source.path).toBe(join(folder, "parts/part-*.csv"));
  expect(rows.map(({ id }) => id)).toEqual(["1", "9", "10"]);
});

test("a glob over JSON Lines joins the columns of all files", async () => {
  write("lines/a.jsonl", '{"a":1}\n');
  write("lines/b.jsonl", '{"b":"x"}\n');
  const { source, rows } = await readAll(join(folder, "lines/*.jsonl"));
  expect(rows).toEqual([{ a: 1 }, { b: "x" }]);
  expect(source.finalColumns()).toEqual([
    { name: "a", type: "integer" },
    { name: "b", type: "string" },
  ]);
});

test("a file whose name looks like a pattern is that file", async () => {
  expect((await readAll(write("odd[1].csv", "a\nx\n"))).rows).toEqual([{ a: "x" }]);
});

test("a file: URL is a path", async () => {
  expect((await readAll(pathToFileURL(write("über.csv", "a\nx\n")))).rows).toEqual([{ a: "x" }]);
});

test("files of different columns are refused before any row is read, and the difference is named", async () => {
  write("differ/a.csv", "id,text\n1,a\n");
  write("differ/b.csv", "id,body\n1,a\n");
  await expect(openSource(join(folder, "differ/*.csv"))).rejects.toMatchObject({
    code: "ROWMILL_MIXED_COLUMNS",
    message: expect.stringContaining('only the first has "text"'),
  });
});

test("files whose columns stand in another order are read by their names", async () => {
  write("order/a.csv", "id,text\n1,a\n");
  write("order/b.csv", "text,id\nb,2\n");
  const { rows, texts, source } = await readAll(join(folder, "order/*.csv"), "text");
  expect(rows).toEqual([
    { id: "1", text: "a" },
    { id: "2", text: "b" },
  ]);
  expect(texts).toEqual(["a", "b"]);
  expect(source.finalColumns().map(({ name }) => name)).toEqual(["id", "text"]);
  write("order/a.arrow", tableToIPC(tableFromArrays({ n: Int32Array.of(1), text: ["a"] }), "file"));
  write("order/b.arrow", tableToIPC(tableFromArrays({ text: ["b"], n: Int32Array.of(2) }), "file"));
  const parquet = await writeThrough(join(folder, "order/*.arrow"), join(folder, "order.parquet"));
  expect((await readAll(parquet)).rows.map(({ n, text }) => ({ n, text }))).toEqual([
    { n: 1, text: "a" },
    { n: 2, text: "b" },
  ]);
});

test("Arrow files of the same names but different exact types are refused", async () => {
  write("types/a.arrow", tableToIPC(tableFromArrays({ n: Int32Array.of(1) }), "file"));
  write("types/b.arrow", tableToIPC(tableFromArrays({ n: Int16Array.of(1) }), "file"));
  await expect(openSource(join(folder, "types/*.arrow"))).rejects.toMatchObject({
    code: "ROWMILL_MIXED_COLUMNS",
    message: expect.stringContaining('"n" is Int32 in one and Int16 in the other'),
  });
});

test("files of different formats are refused", async () => {
  write("formats/a.csv", "a\nx\n");
  write("formats/b.jsonl", '{"a":"x"}\n');
  await expect(openSource(join(folder, "formats/*"))).rejects.toMatchObject({ code: "ROWMILL_MIXED_FORMATS" });
});

test("a file that is not there: the nearest name is offered", async () => {
  write("near/reviews.csv", "a\nx\n");
  await expect(openSource(join(folder, "near/review.csv"))).rejects.toMatchObject({
    code: "ROWMILL_NO_SUCH_FILE",
    exitCode: 2,
    message: `There is no file ${join(folder, "near/review.csv")}. Did you mean reviews.csv?`,
  });
  await expect(openSource(join(folder, "near/else.csv"))).rejects.toMatchObject({
    message: expect.stringContaining("Check the path."),
  });
  await expect(openSource(join(folder, "nowhere/x.csv"))).rejects.toMatchObject({ code: "ROWMILL_NO_SUCH_FILE" });
  await expect(openSource(join(folder, "near/*.parquet"))).rejects.toMatchObject({ code: "ROWMILL_NO_SUCH_FILE" });
});

test("an unknown extension: the known ones are listed and the nearest is offered", async () => {
  await expect(openSource(write("x.cvs", "a\nx\n"))).rejects.toMatchObject({
    code: "ROWMILL_UNKNOWN_FORMAT",
    message: expect.stringMatching(/\.csv \.tsv .*Did you mean \.csv\?/),
  });
  await expect(openSource(write("noextension", "a\nx\n"))).rejects.toMatchObject({ code: "ROWMILL_UNKNOWN_FORMAT" });
});

test("a spreadsheet is to be exported first", async () => {
  await expect(openSource(write("x.XLSX", "PK"))).rejects.toMatchObject({
    code: "ROWMILL_UNKNOWN_FORMAT",
    message: expect.stringMatching(/Export it as CSV or Parquet first\.$/),
  });
});

test("a folder is no file", async () => {
  mkdirSync(join(folder, "dir.csv"));
  for (const path of [folder, join(folder, "dir.csv")]) {
    await expect(openSource(path)).rejects.toMatchObject({
      code: "ROWMILL_UNREADABLE",
      message: expect.stringContaining("is a folder"),
    });
  }
});

test("a file without the right to read it is unreadable", async () => {
  const path = write("secret.csv", "a\nx\n");
  chmodSync(path, 0o000);
  // root may read everything, so the program becomes nobody
  const outcome = await run(`
    import { openSource } from "src/data/index.js";
    if (process.getuid() === 0) process.setuid(65534);
    const error = await openSource(${JSON.stringify(path)}).catch((error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  `);
  expect(outcome).toEqual({
    code: "ROWMILL_UNREADABLE",
    message: `${path} can't be read: permission denied. Make it readable for this user.`,
  });
});
