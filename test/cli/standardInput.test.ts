import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { Desk } from "./runRowmill.js";

const desk = new Desk();
afterAll(() => desk[Symbol.dispose]());
const written = (name: string) => readFileSync(join(desk.folder, name), "utf8");
const model = ["--model", "starter", "--choices", "x"];
const CSV = 'id,size,msg\n07,1.50,"=1+1"\n08,2.25,fine\n09,3.75,late\n';

test("a table on standard input is run, gzip'd too, its first rows only where that is asked, and typed and defused where that is", async () => {
  const words = ["infer", "-", "--column", "msg", ...model, "--limit", "2", "--infer-types"];
  for (const input of [CSV, gzipSync(CSV)]) {
    const { code, stderr } = await desk.feed(input, ...words, "--csv-formulas", "escape", "--output", "out.csv");
    expect(stderr).toContain("Wrote 2 rows");
    expect(code).toBe(0);
    expect(written("out.csv")).toBe("id,size,msg,inference_result\n07,1.50,'=1+1,x\n08,2.25,fine,x\n");
  }
  await desk.feed(CSV, ...words, "--output", "out.jsonl");
  expect(written("out.jsonl").split("\n")[0]).toBe('{"id":"07","size":1.50,"msg":"=1+1","inference_result":"x"}');
});

test("an empty field of a CSV is empty in the results' CSV, and an empty text of JSON Lines a quoted one", async () => {
  const words = ["infer", "-", "--column", "msg", ...model, "--output"];
  await desk.feed("id,msg,more\n1,,\n", ...words, "empty.csv");
  expect(written("empty.csv")).toBe("id,msg,more,inference_result\n1,,,x\n");
  await desk.feed('{"id":1,"msg":"","more":null}\n', ...words, "text.csv");
  expect(written("text.csv")).toBe('id,msg,more,inference_result\n1,"",,x\n');
});

test("what does not say its format, and options that can't go with it, are said in flags", async () => {
  const unknown = await desk.feed("first\nsecond\n", "infer", "-", ...model, "--dry-run");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/standard input does not say what it is: .*--input-format/);
  const lines = await desk.feed(
    "first\nsecond\n",
    "infer",
    "-",
    "--input-format",
    "txt",
    ...model,
    "--dry-run",
    "--json",
  );
  expect(JSON.parse(lines.stdout)).toMatchObject({ rows: 2 });
  const typed = await desk.feed('{"a":1}\n', "infer", "-", "--column", "a", "--infer-types", ...model, "--dry-run");
  expect(typed.stderr).toContain("--infer-types is about CSV and TSV, and standard input is jsonl");
  const none = await desk.feed(CSV, "infer", "-", "--column", "msg", "--limit", "0", ...model, "--dry-run");
  expect(none.stderr).toContain("--limit must be at least 1, not 0");
});

test("\\n in a separator is a line break, and columns with nothing between them are warned of", async () => {
  const columns = ["--column", "id", "--column", "\\n", "--column", "msg", "--column", "size"];
  const { stderr, stdout } = await desk.feed(
    CSV,
    "infer",
    "-",
    ...columns,
    ...model,
    "--limit",
    "1",
    "--detach",
    "--json",
  );
  expect(stderr).toContain('nothing stands between the columns "msg" and "size"');
  expect(stderr).not.toContain('"id"');
  const asTyped = "as in --column msg --column '\\n' --column size";
  expect(stderr).toContain(asTyped);
  const { jobId } = JSON.parse(stdout) as { jobId: string };
  expect((await desk.run("jobs", "show", jobId)).stdout.replaceAll(/\s+/g, " ")).toContain(asTyped);
  expect(await desk.json("jobs", "show", jobId)).toMatchObject({ columnParts: ["id", "\n", "msg", "size"] });
});
