import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { afterAll, describe, expect, it } from "vitest";
import { endRunner } from "../endRunner.js";
import { removeFolder } from "../removeFolder.js";

const folder = mkdtempSync(join(tmpdir(), "rowmill-examples-"));
const sentiments = ["positive", "negative", "neutral"];

// the examples share one runner, so that the model is loaded once
afterAll(() => {
  endRunner(folder);
  removeFolder(folder);
});

/** Runs a program with a home of its own; never rejects, so that a test sees exit code and output together. */
function run(program: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, ROWMILL_HOME: folder, NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

/** The first rows of a table: the whole one would take longer and show no more. */
function beginningOf(name: string, rows: number): string {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, stringify(parse(readFileSync(`examples/${name}.csv`, "utf8")).slice(0, rows + 1)));
  return path;
}

const runExample = (name: string, ...args: string[]) =>
  run(process.execPath, "scripts/runTypeScript.mjs", "examples", name, ...args);

describe("the examples run as written", () => {
  it("list: one sentiment a string", async () => {
    const { code, stdout, stderr } = await runExample("list");
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/positive|negative|neutral/g)).toHaveLength(3);
  });

  it("choices: one label a string, and its probability", async () => {
    const { code, stdout, stderr } = await runExample("choices");
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^(positive|negative|neutral) [01]\.\d\d \{/gm)).toHaveLength(3);
  });

  it("dataframe: the rows with their topics beside them", async () => {
    const { code, stdout, stderr } = await runExample("dataframe");
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("(12, 3)");
    expect(stdout).toMatch(/billing|shipping|returns|technical|account|other/);
  });

  it("zodSchema: every answer parses with the schema that it was asked with", async () => {
    const { code, stdout, stderr } = await runExample("zodSchema");
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim().split("\n")).toHaveLength(3);
  });

  it("detachAndAttach: the job goes on without its submitter, and a second process follows it to its end", async () => {
    const submitted = await runExample("detachAndAttach");
    const id = submitted.stdout.match(/job-[0-9a-f-]{36}/)?.[0] ?? "";
    expect(id, submitted.stderr).not.toBe("");
    const { stdout } = await runExample("detachAndAttach", id);
    expect(stdout).toContain("SUCCEEDED 228/228 rows");
    expect(stdout).toContain("228 results");
  });

  it("severalModels: one job for each model", async () => {
    const { code, stdout, stderr } = await runExample("severalModels");
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/SUCCEEDED, \d+ of 228 right/g)).toHaveLength(2);
  });

  it("csv-to-parquet.sh: DuckDB reads the table with its new column", async () => {
    const target = join(folder, "tickets.parquet");
    const { code, stderr } = await run("sh", "examples/csv-to-parquet.sh", beginningOf("tickets", 40), target);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const connection = await (await DuckDBInstance.create()).connect();
    const found = await connection.runAndReadAll(`select subject, label from read_parquet('${target}')`);
    const rows = found.getRowObjects();
    expect(rows).toHaveLength(40);
    for (const { label } of rows) expect(JSON.parse(String(label))).toHaveProperty("order_id");
  });

  it("cron-job.sh: done gives exit code 0 and the file", async () => {
    const target = join(folder, "nightly.csv");
    const { code, stderr } = await run("sh", "examples/cron-job.sh", beginningOf("reviews", 40), target);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const rows: Record<string, string>[] = parse(readFileSync(target, "utf8"), { columns: true });
    expect(rows).toHaveLength(40);
    for (const row of rows) expect(sentiments).toContain(JSON.parse(row.inference_result ?? "").sentiment);
  });

  it("the shell's examples are named and run like the programs", async () => {
    const unknown = await runExample("nope");
    for (const file of readdirSync("examples").filter((name) => /\.(?:ts|sh)$/.test(name)))
      expect(unknown.stderr).toContain(file.replace(/\.\w+$/, ""));
    const { code, stderr } = await runExample("cron-job", join(folder, "absent.csv"), join(folder, "never.csv"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("absent.csv")]);
  });

  it("cron-job.sh: a missing source gives exit code 2, one line, and no file", async () => {
    const target = join(folder, "never.csv");
    const { code, stderr } = await run("sh", "examples/cron-job.sh", join(folder, "absent.csv"), target);
    expect(code).toBe(2);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("absent.csv");
    expect(existsSync(target)).toBe(false);
  });
});
