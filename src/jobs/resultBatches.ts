import type { EncodedBatch } from "../data/index.js";
import type { ResultBatch, ResultRow, RowFinish } from "../results/index.js";
import { unpackLogprobs } from "./packedLogprobs.js";
import { fromSqlText, type Sqlite, type SqlRow } from "./sqlite.js";

const NOT_RUN = "not run";

/** Reads a job's rows with their results, in order: for a table in the batches that it was read in, for a list in
 *  batches of `size`. */
export async function* readResultBatches(db: Sqlite, size: number): AsyncGenerator<ResultBatch> {
  let batch: SqlRow | undefined;
  const sizeFrom = (first: number): number => {
    batch = db.get("SELECT row_count, format, bytes FROM batches WHERE first = ?", first);
    return batch === undefined ? size : Number(batch.row_count);
  };
  const sql = `SELECT rows.i AS i, prompt, output, error, logprob, input_tokens, output_tokens, probabilities,
      token_logprobs, field_probabilities, finish, input_cut
    FROM rows LEFT JOIN results ON results.i = rows.i WHERE rows.i >= ? ORDER BY rows.i LIMIT ?`;
  for (const rows of readPages(db, sql, sizeFrom)) {
    yield {
      rows: rows.map(toResultRow),
      prompts: rows.map((row) => fromSqlText(row.prompt)),
      inputs: batch === undefined ? null : toEncodedBatch(batch),
    };
  }
}

/** The outputs of the rows that have one, in order. */
export function* readOutputs(db: Sqlite, size: number): Generator<string> {
  const sql = "SELECT i, output FROM results WHERE i >= ? AND output IS NOT NULL ORDER BY i LIMIT ?";
  for (const rows of readPages(db, sql, () => size)) for (const row of rows) yield fromSqlText(row.output) as string;
}

/** Reads rows a page at a time, until there are none.
 *  @param sql       of the first index and the most rows of a page, in the order of their indexes `i`
 *  @param sizeFrom  the most rows of the page that begins at an index */
function* readPages(db: Sqlite, sql: string, sizeFrom: (first: number) => number): Generator<readonly SqlRow[]> {
  for (let first = 0; ; ) {
    const rows = db.all(sql, first, sizeFrom(first));
    if (rows.length === 0) return;
    yield rows;
    first = Number(rows.at(-1)?.i) + 1;
  }
}

function toResultRow(row: SqlRow): ResultRow {
  const output = fromSqlText(row.output);
  const error = fromSqlText(row.error);
  return {
    index: Number(row.i),
    output,
    error: output === null && error === null ? NOT_RUN : error,
    cumulativeLogprob: row.logprob as number | null,
    inputTokens: Number(row.input_tokens ?? 0),
    outputTokens: Number(row.output_tokens ?? 0),
    labelProbabilities: row.probabilities === null ? null : (JSON.parse(String(row.probabilities)) as number[]),
    ...(row.finish !== null && { finish: row.finish as RowFinish }),
    ...(row.input_cut === 1 && { isInputCut: true }),
    ...(row.token_logprobs instanceof Uint8Array && { tokenLogprobs: unpackLogprobs(row.token_logprobs) }),
    ...(typeof row.field_probabilities === "string" && {
      fieldProbabilities: JSON.parse(row.field_probabilities) as (number[] | null)[],
    }),
  };
}

function toEncodedBatch(batch: SqlRow): EncodedBatch {
  return { format: batch.format as EncodedBatch["format"], bytes: batch.bytes as Uint8Array };
}
