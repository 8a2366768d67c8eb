import type { EncodedBatch } from "../data/index.js";
import type { ResultBatch, ResultRow, RowFinish } from "../results/index.js";
import { unpackLogprobs } from "./packedLogprobs.js";
import { fromSqlText, type Sqlite, type SqlRow } from "./sqlite.js";

const NOT_RUN = "not run";

/** Consecutive rows of a job. */
export interface RowRange {
  /** The first row's place in the input, from 0. */
  readonly from: number;
  /** The place behind the last row's; what lies behind the input's end is not there. */
  readonly to: number;
}

export const ALL_ROWS: RowRange = { from: 0, to: Number.POSITIVE_INFINITY };

const RESULTS = `SELECT rows.i AS i, prompt, output, error, logprob, input_tokens, output_tokens, probabilities,
    token_logprobs, field_probabilities, finish, input_cut
  FROM rows LEFT JOIN results ON results.i = rows.i WHERE rows.i >= ? AND rows.i < ? ORDER BY rows.i`;

/** Reads a job's rows with their results, in order, a batch at a time: for a table in the batches that it was read in, the first and
 *  the last cut to the range, for a list in batches of `size`. */
export async function* readResultBatches(
  db: Sqlite,
  size: number,
  { from, to }: RowRange,
): AsyncGenerator<ResultBatch> {
  for (let first = from; first < to; ) {
    const batch = db.get("SELECT first, row_count FROM batches WHERE first <= ? ORDER BY first DESC LIMIT 1", first);
    const end = Math.min(to, batch === undefined ? first + size : Number(batch.first) + Number(batch.row_count));
    const rows = db.all(RESULTS, first, end);
    if (rows.length === 0) return;
    yield {
      rows: rows.map(toResultRow),
      prompts: rows.map((row) => fromSqlText(row.prompt)),
      inputs: batch === undefined ? null : await inputsOf(db, batch, first, end),
    };
    first = end;
  }
}

/** The outputs of the rows that have one, in order, `size` read at a time. */
export function* readOutputs(db: Sqlite, size: number): Generator<string> {
  const sql = "SELECT i, output FROM results WHERE i >= ? AND output IS NOT NULL ORDER BY i LIMIT ?";
  for (let first = 0; ; ) {
    const rows = db.all(sql, first, size);
    if (rows.length === 0) return;
    for (const row of rows) yield fromSqlText(row.output) as string;
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

/** The rows of a kept batch from one index up to another. */
async function inputsOf(db: Sqlite, batch: SqlRow, from: number, to: number): Promise<EncodedBatch> {
  const first = Number(batch.first);
  const kept = db.get("SELECT format, bytes FROM batches WHERE first = ?", first) as SqlRow;
  const whole = { format: kept.format as EncodedBatch["format"], bytes: kept.bytes as Uint8Array };
  if (from === first && to === first + Number(batch.row_count)) return whole;
  // loaded where it is needed: Arrow stands behind it
  const { encodedRange } = await import("../data/index.js");
  return encodedRange(whole, from - first, to - first);
}
