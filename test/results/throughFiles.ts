import { openSource } from "../../src/data/index.js";
import { type ResultBatch, type ResultShape, writeResults } from "../../src/results/index.js";
import { resultRow, TABLE } from "./fixture.js";

/** Writes a source's rows as a job's results, each with the output "x": what a value goes through from file to file.
 *  @returns the path of what was written */
export async function writeThrough(data: unknown, path: string, shape: Partial<ResultShape> = {}): Promise<string> {
  const source = await openSource(data);
  const batches: ResultBatch[] = [];
  let index = 0;
  for await (const batch of source.batches()) {
    const rows = Array.from({ length: batch.rowCount }, () => resultRow(index++, { output: "x" }));
    batches.push({ rows, prompts: rows.map(() => null), inputs: batch.encode() });
  }
  async function* all(): AsyncGenerator<ResultBatch> {
    yield* batches;
  }
  await writeResults(all(), { ...TABLE, columns: source.finalColumns(), includeErrors: false, ...shape }, path);
  return path;
}
