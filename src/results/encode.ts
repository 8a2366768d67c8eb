import { planColumns } from "./columns.js";
import { loadEncoder, type ResultFormat } from "./formats.js";
import type { ResultBatch, ResultShape } from "./result.js";

/** The bytes of a file of results, batch by batch in bounded memory, for whoever has another place for them than a file. Values are
 *  written as they are: a text that begins with "=", "+", "-" or "@" is a formula to a spreadsheet that opens the CSV file, unless
 *  `csvFormulas` is "escape".
 *  @throws {InputError} ROWMILL_DUPLICATE_COLUMN at once, and while it is read ROWMILL_INTEGER_RANGE for an integer beyond 64 bits in
 *    an integer column of Parquet or Arrow */
export function encodeResults(
  batches: AsyncIterable<ResultBatch>,
  shape: ResultShape,
  format: ResultFormat,
): AsyncIterable<Uint8Array> {
  const columns = planColumns(shape);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const encode = await loadEncoder(format);
    yield* encode(batches, columns, shape);
  }
  return chunks();
}
