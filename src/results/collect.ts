import { toJavaScript } from "../data/index.js";
import { hasMoreThanOutput, planColumns } from "./columns.js";
import type { ResultBatch, ResultRow, ResultShape } from "./result.js";
import { outcomeOf, resultValues, toObjects } from "./rows.js";

/** The results in row order, each when it is asked for; one batch is in memory.
 *
 *  A list without inputs, probabilities and log-probabilities gives one output a row: its text, or with `unpackJson` the parsed value, or the text where it is
 *  no JSON; `null` for an error row. Everything else gives one object a row (see planColumns).
 *  @throws {InputError} ROWMILL_DUPLICATE_COLUMN */
export async function* eachResult(batches: AsyncIterable<ResultBatch>, shape: ResultShape): AsyncGenerator<unknown> {
  const rowsOf = rowReader(shape);
  for await (const batch of batches) yield* rowsOf(batch);
}

/** All results in memory, as `eachResult` gives them. */
export async function collectResults(batches: AsyncIterable<ResultBatch>, shape: ResultShape): Promise<unknown[]> {
  const rowsOf = rowReader(shape);
  const rows: unknown[][] = [];
  for await (const batch of batches) rows.push(rowsOf(batch));
  return rows.flat();
}

function rowReader(shape: ResultShape): (batch: ResultBatch) => unknown[] {
  if (shape.kind === "list" && !hasMoreThanOutput(shape))
    return (batch) => batch.rows.map((row) => bareOutput(row, shape));
  const columns = planColumns(shape);
  return (batch) => {
    const values = resultValues(batch, columns, shape).map((column) => column.map(toJavaScript));
    return toObjects(columns, values);
  };
}

/** There is no column for an error beside it: what can't be unpacked stays text. */
function bareOutput(row: ResultRow, shape: ResultShape): unknown {
  const { output, error } = outcomeOf(row, shape);
  return error === null ? toJavaScript(output) : row.output;
}
