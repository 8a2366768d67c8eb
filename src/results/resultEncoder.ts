import type { ResultColumn } from "./columns.js";
import type { ResultBatch, ResultShape } from "./result.js";

/** Writes results as the chunks of a file, batch by batch in bounded memory. */
export type ResultEncoder = (
  batches: AsyncIterable<ResultBatch>,
  columns: readonly ResultColumn[],
  shape: ResultShape,
) => AsyncIterable<Uint8Array>;
