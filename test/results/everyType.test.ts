import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSource } from "../../src/data/index.js";
import { InputError } from "../../src/errors.js";
import { type ResultBatch, type ResultShape, writeResults } from "../../src/results/index.js";
import { scratchFolder } from "../data/scratch.js";
import { resultRow, TABLE } from "./fixture.js";

const python = process.env.ROWMILL_TEST_PYTHON;
const judge = join(import.meta.dirname, "judge");
const run = (script: string, ...args: string[]) =>
  execFileSync(python as string, [join(judge, script), ...args], { encoding: "utf8", maxBuffer: 1 << 28 });

if (python === undefined)
  console.log("skipped: every type of Arrow and Parquet (ROWMILL_TEST_PYTHON names no Python with pyarrow and duckdb)");

async function copy(from: string, to: string): Promise<void> {
  const source = await openSource(from);
  async function* results(): AsyncGenerator<ResultBatch> {
    let index = 0;
    for await (const batch of source.batches()) {
      const rows = Array.from({ length: batch.rowCount }, () => resultRow(index++, { output: "x" }));
      yield { rows, prompts: [], inputs: batch.encode() };
    }
  }
  const shape: ResultShape = { ...TABLE, columns: source.finalColumns(), includeErrors: false };
  await writeResults(results(), shape, to);
}

describe.skipIf(python === undefined)("every type of Arrow and Parquet, at its ends", () => {
  test("is kept, value for value and type for type, in every format", async () => {
    const folder = scratchFolder();
    const names = JSON.parse(run("write.py", folder)) as string[];
    const refused: string[] = [];
    for (const name of names) {
      for (const format of ["parquet", "arrow", "csv", "jsonl", "json"]) {
        try {
          await copy(join(folder, name), join(folder, `${name}.to.${format}`));
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          refused.push(`${name} to ${format}: ${error.code} ${error.message}`);
        }
      }
    }
    writeFileSync("/tmp/rm-arrow-refused.json", JSON.stringify(refused, null, 1));
    const { compared, faults } = JSON.parse(run("check.py", folder)) as { compared: number; faults: string[] };
    writeFileSync("/tmp/rm-arrow-faults.json", JSON.stringify({ compared, faults }, null, 1));
    expect(faults).toEqual([]);
  });
});
