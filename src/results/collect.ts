import { toJavaScript } from "../data/index.js";
import { hasMoreThanOutput, planColumns } from "./columns.js";
import type { ResultBatch, ResultRow, ResultShape } from "./result.js";
import { outcomeOf, resultValues, toObjects } from "./rows.js";

/** All results in memory, in row order.
 *
 *  A list without inputs, probabilities and log-probabilities gives one output a row: its text, or with `unpackJson` the parsed value, or the text where it is
 *  no JSON; `null` for an error row. Everything else gives one object a row (see planColumns); where any row failed, each object has
 *  `<outputColumn>_error`, which is null for the rows that did not (`includeErrors: false` leaves it out). */
export async function collectResults(batches: AsyncIterable<ResultBatch>, shape: ResultShape): Promise<unknown[]> {
  const all: ResultBatch[] = [];
  for await (const batch of batches) all.push(batch);
  if (shape.kind === "list" && !hasMoreThanOutput(shape))
    return all.flatMap((batch) => batch.rows.map((row) => bareOutput(row, shape)));
  const columns = planColumns(shape, shape.includeErrors ?? hasFailedRow(all, shape));
  return all.flatMap((batch) =>
    toObjects(
      columns,
      resultValues(batch, columns, shape).map((values) => values.map(toJavaScript)),
    ),
  );
}

/** There is no column for an error beside it: what can't be unpacked stays text. */
function bareOutput(row: ResultRow, shape: ResultShape): unknown {
  const { output, error } = outcomeOf(row, shape);
  return error === null ? toJavaScript(output) : row.output;
}

export function hasFailedRow(batches: readonly ResultBatch[], shape: ResultShape): boolean {
  return batches.some((batch) => batch.rows.some((row) => outcomeOf(row, shape).error !== null));
}
