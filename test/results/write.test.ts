import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { tableFromIPC } from "apache-arrow";
import fc from "fast-check";
import pl from "nodejs-polars";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import {
  encodeResults,
  RESULT_FORMATS,
  type ResultBatch,
  type ResultShape,
  writeResults,
} from "../../src/results/index.js";
import { readAll, scratchFolder } from "../data/scratch.js";
import { resultRow, stream, TABLE, tableBatch } from "./fixture.js";
import { writeThrough } from "./throughFiles.js";

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const duck = await (await DuckDBInstance.create(":memory:")).connect();

async function askDuck(sql: string): Promise<Record<string, unknown>[]> {
  return (await duck.runAndReadAll(sql)).getRowObjectsJson();
}

const AWKWARD = ["plain", "a, b", 'say "hi"', "two\nlines", "", "é🙂", "tab\there", "cr\rhere", null];
const inputs = AWKWARD.map((text, id) => ({ id, text }));
const rows = AWKWARD.map((text, i) =>
  text === "plain" ? resultRow(i, { error: "failed, here" }) : resultRow(i, { output: `out ${text}` }),
);
const batches = () =>
  stream(tableBatch(inputs.slice(0, 4), rows.slice(0, 4)), tableBatch(inputs.slice(4), rows.slice(4)));
const wanted = inputs.map(({ id, text }, i) => ({
  id,
  text,
  inference_result: rows[i]?.output,
  inference_result_error: rows[i]?.error,
}));

const EXTENSIONS = [
  "csv",
  "tsv",
  "jsonl",
  "json",
  "csv.gz",
  "tsv.gz",
  "jsonl.gz",
  "json.gz",
  "parquet",
  "arrow",
  "feather",
];

describe("every output format", () => {
  test.each(EXTENSIONS)("results written as .%s come back through our own reader", async (extension) => {
    const path = at(`results.${extension}`);
    expect(await writeResults(batches(), TABLE, path)).toEqual({ path, rows: AWKWARD.length });
    const isText = /^[ct]sv/.test(extension);
    // CSV knows no null and no number
    const expected = isText
      ? wanted.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? "")])))
      : wanted;
    expect((await readAll(path)).rows).toEqual(expected);
    if (extension.endsWith(".gz")) expect(gunzipSync(readFileSync(path)).length).toBeGreaterThan(100);
  });

  test("the table of formats names no other", () => {
    expect([...RESULT_FORMATS].sort()).toEqual(EXTENSIONS.filter((name) => !name.endsWith(".gz")).sort());
  });

  test.each(RESULT_FORMATS)(
    "results encoded as %s, for an answer to a browser, are the bytes of the file",
    async (format) => {
      const path = at(`encoded.${format}`);
      await writeResults(batches(), TABLE, path);
      const chunks: Uint8Array[] = [];
      for await (const chunk of encodeResults(batches(), TABLE, format)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(readFileSync(path))).toBe(true);
    },
  );

  test("DuckDB reads our Parquet, CSV and JSON Lines", async () => {
    await writeResults(batches(), TABLE, at("duck.parquet"));
    const numbered = wanted.map((row) => ({ ...row, id: String(row.id) }));
    expect(await askDuck(`from '${at("duck.parquet")}' order by id`)).toEqual(numbered);
    const [meta] = await askDuck(`select distinct compression from parquet_metadata('${at("duck.parquet")}')`);
    expect(meta).toEqual({ compression: "ZSTD" });
    await writeResults(batches(), TABLE, at("duck.csv"));
    expect(
      await askDuck(`from read_csv('${at("duck.csv")}', header = true, allow_quoted_nulls = false) order by id`),
    ).toEqual(numbered);
    await writeResults(batches(), TABLE, at("duck.jsonl"));
    expect(await askDuck(`from read_json('${at("duck.jsonl")}') order by id`)).toEqual(numbered);
  });

  test("polars reads our Arrow, Feather and Parquet", async () => {
    for (const extension of ["arrow", "feather"]) {
      await writeResults(batches(), TABLE, at(`polars.${extension}`));
      expect(pl.readIPC(readFileSync(at(`polars.${extension}`))).toRecords()).toEqual(wanted);
    }
    await writeResults(batches(), TABLE, at("polars.parquet"));
    expect(pl.readParquet(at("polars.parquet")).toRecords()).toEqual(wanted);
  });

  test("a Parquet file that DuckDB wrote keeps its types on the way through", async () => {
    const select = `select i::smallint small, i * 1.5::double num, date '2024-01-01' + i::integer as day, (i / 4)::decimal(9,2) price,
      timestamp '2024-01-01 10:00:00' ts, [i, 2] list, {'a': i, 'b': 'x'} obj, case when i % 3 = 0 then null else i::varchar end txt
      from range(5000) r(i)`;
    await duck.run(`copy (${select}) to '${at("in.parquet")}' (format parquet)`);
    const source = await openSource(at("in.parquet"));
    async function* results(): AsyncGenerator<ResultBatch> {
      let index = 0;
      for await (const batch of source.batches()) {
        const done = Array.from({ length: batch.rowCount }, () => resultRow(index, { output: `out ${index++}` }));
        yield { rows: done, prompts: [], inputs: batch.encode() };
      }
    }
    const shape: ResultShape = { ...TABLE, columns: source.finalColumns(), includeErrors: false };
    await writeResults(results(), shape, at("through.parquet"));
    const [difference] = await askDuck(
      `select count(*)::integer n from (select * exclude (inference_result) from '${at("through.parquet")}' except all from '${at("in.parquet")}')`,
    );
    expect(difference).toEqual({ n: 0 });
    const types = (path: string) => askDuck(`select column_name, column_type from (describe from '${path}')`);
    expect(await types(at("through.parquet"))).toEqual([
      ...(await types(at("in.parquet"))),
      { column_name: "inference_result", column_type: "VARCHAR" },
    ]);
    expect(
      await askDuck(`select count(*)::integer n, max(inference_result) greatest from '${at("through.parquet")}'`),
    ).toEqual([{ n: 5000, greatest: "out 999" }]);
  });

  test.each(["csv", "jsonl", "parquet", "arrow"])(
    "a column that the first 3,000 rows lack is a column of every row in .%s",
    async (extension) => {
      const lines = Array.from({ length: 3005 }, (_, a) => (a < 3000 ? { a } : { a, body: a % 2 ? null : `b${a}` }));
      writeFileSync(at("sparse.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
      const source = await openSource(at("sparse.jsonl"));
      const done: ResultBatch[] = [];
      for await (const batch of source.batches()) {
        const index = done.reduce((sum, { rows }) => sum + rows.length, 0);
        const rows = Array.from({ length: batch.rowCount }, (_, i) =>
          resultRow(index + i, { output: `o${index + i}` }),
        );
        done.push({ rows, prompts: [], inputs: batch.encode() });
      }
      expect(done.length).toBeGreaterThan(1);
      expect(source.finalColumns()).toEqual([
        { name: "a", type: "integer" },
        { name: "body", type: "string" },
      ]);
      const path = at(`sparse-results.${extension}`);
      const shape: ResultShape = { ...TABLE, columns: source.finalColumns(), includeErrors: false };
      expect((await writeResults(stream(...done), shape, path)).rows).toBe(3005);
      const isText = extension === "csv";
      expect((await readAll(path)).rows).toEqual(
        lines.map(({ a, body = null }) => ({
          a: isText ? String(a) : a,
          body: isText ? (body ?? "") : body,
          inference_result: `o${a}`,
        })),
      );
    },
  );

  test("no rows still make a file with the columns", async () => {
    for (const extension of ["parquet", "arrow", "csv"]) {
      const path = at(`none.${extension}`);
      expect((await writeResults(stream<ResultBatch>(), TABLE, path)).rows).toBe(0);
    }
    expect(readFileSync(at("none.csv"), "utf8")).toBe("id,text,inference_result,inference_result_error\n");
    expect((await askDuck(`describe from '${at("none.parquet")}'`)).length).toBe(4);
    expect(tableFromIPC(readFileSync(at("none.arrow"))).schema.fields.length).toBe(4);
    await writeResults(stream<ResultBatch>(), TABLE, at("none.json"));
    expect(JSON.parse(readFileSync(at("none.json"), "utf8"))).toEqual([]);
  });

  test("any strings survive CSV, TSV and Parquet", async () => {
    const texts = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom("csv", "tsv", "parquet"), async (outputs, extension) => {
        const path = at(`property.${extension}`);
        const done = outputs.map((output, i) => resultRow(i, { output }));
        const shape: ResultShape = { ...TABLE, includeInputs: false, includeErrors: false };
        await writeResults(stream({ rows: done, prompts: [], inputs: null }), shape, path);
        expect((await readAll(path, "inference_result")).texts).toEqual(outputs);
      }),
      { numRuns: 60 },
    );
  });
});

describe("large integers of unpacked outputs", () => {
  const INTEGERS = ["7", "12345678901234567", "-9223372036854775808", "9223372036854775807"];
  const outputs = (integers: readonly string[]) =>
    stream({
      rows: integers.map((n, i) => resultRow(i, { output: `{"n":${n}}` })),
      prompts: [],
      inputs: null,
    });
  const shape: ResultShape = {
    ...TABLE,
    columns: [],
    includeErrors: false,
    unpackJson: true,
    unpackedColumns: [{ name: "n", type: "integer" }],
  };

  test.each(["parquet", "csv", "jsonl", "json"])("DuckDB reads them from .%s to the last digit", async (extension) => {
    const path = at(`integers.${extension}`);
    await writeResults(outputs(INTEGERS), shape, path);
    expect(await askDuck(`select n::varchar n, typeof(n) t from '${path}'`)).toEqual(
      INTEGERS.map((n) => ({ n, t: expect.stringMatching(/^(BIG|HUGE)INT$/) })),
    );
  });

  test("an Arrow file has them to the last digit", async () => {
    await writeResults(outputs(INTEGERS), shape, at("integers.arrow"));
    const column = tableFromIPC(readFileSync(at("integers.arrow"))).getChild("n");
    expect(column?.toArray()).toEqual(BigInt64Array.from(INTEGERS.map(BigInt)));
  });

  test.each(["parquet", "arrow"])("one beyond 64 bits leaves no .%s file, and text keeps it", async (extension) => {
    const path = at(`beyond.${extension}`);
    const beyond = [...INTEGERS, "9999999999999999999"];
    await expect(writeResults(outputs(beyond), shape, path)).rejects.toMatchObject({ code: "ROWMILL_INTEGER_RANGE" });
    expect(existsSync(path)).toBe(false);
    await writeResults(outputs(beyond), shape, at("beyond.csv"));
    expect(readFileSync(at("beyond.csv"), "utf8")).toBe(`n\n${beyond.join("\n")}\n`);
  });
});

describe("a file is whole or not there", () => {
  async function* breaking(): AsyncGenerator<ResultBatch> {
    yield tableBatch(inputs, rows);
    throw new Error("the runner died");
  }

  test.each(["csv", "json.gz", "parquet", "arrow"])(
    "an error in mid-stream leaves neither a .%s file nor a part of it",
    async (extension) => {
      mkdirSync(at("broken"), { recursive: true });
      await expect(writeResults(breaking(), TABLE, at(`broken/x.${extension}`))).rejects.toThrow("the runner died");
      expect(readdirSync(at("broken"))).toEqual([]);
    },
  );

  test("an error leaves the file that was there before", async () => {
    writeFileSync(at("before.csv"), "old");
    await expect(writeResults(breaking(), TABLE, at("before.csv"))).rejects.toThrow();
    expect(readFileSync(at("before.csv"), "utf8")).toBe("old");
    await writeResults(batches(), TABLE, at("before.csv"));
    expect(readFileSync(at("before.csv"), "utf8")).toMatch(/^id,text/);
  });

  test("an unknown extension and a folder that is not there are the user's mistakes", async () => {
    await expect(writeResults(batches(), TABLE, at("x.xlsx"))).rejects.toMatchObject({
      code: "ROWMILL_UNKNOWN_FORMAT",
      exitCode: 2,
    });
    await expect(writeResults(batches(), TABLE, at("x.parquet.gz"))).rejects.toMatchObject({
      code: "ROWMILL_UNKNOWN_FORMAT",
    });
    await expect(writeResults(batches(), TABLE, at("nowhere/x.csv"))).rejects.toMatchObject({
      code: "ROWMILL_NOT_WRITABLE",
      message: `Can't write ${at("nowhere/x.csv")}: there is no folder ${at("nowhere")}. Make it first.`,
    });
    mkdirSync(at("folder.csv"));
    await expect(writeResults(batches(), TABLE, at("folder.csv"))).rejects.toMatchObject({
      code: "ROWMILL_NOT_WRITABLE",
    });
  });

  test("a link stays a link, and its target gets the results", async () => {
    writeFileSync(at("target.csv"), "old");
    symlinkSync(at("target.csv"), at("link.csv"));
    await writeResults(batches(), TABLE, at("link.csv"));
    expect(lstatSync(at("link.csv")).isSymbolicLink()).toBe(true);
    expect(readFileSync(at("target.csv"), "utf8")).toMatch(/^id,text/);
  });

  test("a pipe is written to, not replaced", async () => {
    execFileSync("mkfifo", [at("pipe.csv")]);
    const [text] = await Promise.all([
      readFile(at("pipe.csv"), "utf8"),
      writeResults(batches(), TABLE, at("pipe.csv")),
    ]);
    expect(text).toMatch(/^id,text/);
    expect(lstatSync(at("pipe.csv")).isFIFO()).toBe(true);
  });

  test("an empty field of a CSV file stays one; beside values that are missing it is a quoted text", async () => {
    const csv = "id,text,more\n1,,x\n2,y,\n";
    writeFileSync(at("empties.csv"), csv);
    const added = csv.replace("\n", ",inference_result\n").replace("x\n", "x,x\n").replace("y,\n", "y,,x\n");
    await writeThrough(at("empties.csv"), at("empties-out.csv"), { hasBareEmpties: true });
    expect(readFileSync(at("empties-out.csv"), "utf8")).toBe(added);
    const lines = '{"id":1,"text":""}\n{"id":2,"text":null}\n';
    writeFileSync(at("empties.jsonl"), lines);
    await writeThrough(at("empties.jsonl"), at("empties-out.csv"));
    expect(readFileSync(at("empties-out.csv"), "utf8")).toBe('id,text,inference_result\n1,"",x\n2,,x\n');
  });

  test("a name that says no format is refused for a file, and a pipe gets JSON Lines", async () => {
    await expect(writeResults(batches(), TABLE, at("named"))).rejects.toMatchObject({ code: "ROWMILL_UNKNOWN_FORMAT" });
    execFileSync("mkfifo", [at("named")]);
    const [text] = await Promise.all([readFile(at("named"), "utf8"), writeResults(batches(), TABLE, at("named"))]);
    expect(JSON.parse(text.split("\n")[1] ?? "")).toEqual(wanted[1]);
  });
});
