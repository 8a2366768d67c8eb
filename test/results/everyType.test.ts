import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Table, tableFromIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import { InputError } from "../../src/errors.js";
import { type ResultBatch, type ResultShape, writeResults } from "../../src/results/index.js";
import { scratchFolder } from "../data/scratch.js";
import { canTest } from "../wanted.js";
import { resultRow, TABLE } from "./fixture.js";

/** A Python with pyarrow, duckdb and numpy, whose word is taken for what a file holds. */
const python = process.env.ROWMILL_TEST_PYTHON;
const judge = join(import.meta.dirname, "judge");

function ask(script: string, folder: string): unknown {
  const output = execFileSync(python as string, [join(judge, script), folder], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  return JSON.parse(output);
}

const hasJudges = canTest(
  "python",
  python !== undefined,
  "every type of Arrow and Parquet (set ROWMILL_TEST_PYTHON to a Python with pyarrow and duckdb)",
);

/** Takes a source through to files, as a job without a model would. */
async function copy(from: string | Table, to: string, formats: readonly string[]): Promise<string[]> {
  const refused: string[] = [];
  for (const format of formats) {
    const source = await openSource(from);
    const prompts: (string | null)[] = [];
    async function* results(): AsyncGenerator<ResultBatch> {
      let index = 0;
      for await (const batch of source.batches()) {
        prompts.push(...batch.text("value"));
        const rows = Array.from({ length: batch.rowCount }, () => resultRow(index++, { output: "x" }));
        yield { rows, prompts: [], inputs: batch.encode() };
      }
    }
    const shape: ResultShape = { ...TABLE, columns: source.finalColumns(), includeErrors: false };
    try {
      await writeResults(results(), shape, `${to}.to.${format}`);
      if (format === "arrow") writeFileSync(`${to}.to.prompts`, JSON.stringify(prompts));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused.push(`${to.split("/").at(-1)} to ${format}: ${error.code}`);
    }
  }
  return refused;
}

// what Parquet has no type for, and what is written instead: test/results/judge/types_of.py, in_parquet
describe.skipIf(!hasJudges)("every type of Arrow and Parquet, with the values at its ends", () => {
  test("is kept, value for value and type for type, from its file to a prompt and to every format", async () => {
    const folder = scratchFolder();
    const names = ask("write.py", folder) as string[];
    expect(names.length).toBeGreaterThan(200);
    const refused: string[] = [];
    for (const name of names) {
      const texts = name === "everything.arrow" ? ["csv", "jsonl", "json"] : ["jsonl"];
      refused.push(...(await copy(join(folder, name), join(folder, name), ["parquet", "arrow", ...texts])));
    }
    // what a format can't hold exactly is refused with what to take instead
    expect(refused).toEqual(["timestamp_s_ends.arrow to parquet: ROWMILL_TIME_RANGE"]);
    const { compared, faults } = ask("check.py", folder) as { compared: number; faults: string[] };
    expect(faults).toEqual([]);
    expect(compared).toBe(names.length * 4 + 2 - refused.length);
  });

  test("is kept from a table in memory as well", async () => {
    const folder = scratchFolder();
    ask("write.py", folder);
    let tables = 0;
    for (const name of readdirSync(join(folder, "memory"))) {
      const table = tableFromIPC(readFileSync(join(folder, "memory", name)));
      expect(await copy(table, join(folder, name), ["arrow", "jsonl"])).toEqual([]);
      tables++;
    }
    expect(tables).toBeGreaterThan(100);
    const { compared, faults } = ask("check.py", folder) as { compared: number; faults: string[] };
    expect(faults).toEqual([]);
    expect(compared).toBe(tables * 3);
  });
});
