import type { RecordBatch } from "apache-arrow";
import { decodeArrow } from "./arrowBatches.js";
import { plainColumn } from "./arrowValues.js";
import type { EncodedBatch } from "./batch.js";
import { MOST_LEVELS, parseExactJson } from "./exactJson.js";

export type PlainRow = Record<string, unknown>;

/** What was kept of a batch of input rows: row objects of plain values, or the record batch with its exact types. */
export type DecodedBatch =
  | { readonly format: "json"; readonly rows: readonly PlainRow[] }
  | { readonly format: "arrow"; readonly batch: RecordBatch };

export function decodeBatch(batch: EncodedBatch): DecodedBatch {
  if (batch.format === "arrow") return { format: "arrow", batch: decodeArrow(batch.bytes) };
  const text = Buffer.from(batch.bytes).toString("utf8");
  // two levels more: the batch, and the row
  return { format: "json", rows: parseExactJson(text, MOST_LEVELS + 2) as PlainRow[] };
}

/** A kept batch as row objects of plain values (see plainValue). */
export function decodeRows(batch: EncodedBatch): readonly PlainRow[] {
  const decoded = decodeBatch(batch);
  if (decoded.format === "json") return decoded.rows;
  const columns = decoded.batch.schema.fields.map(
    ({ name }) => [name, plainColumn(decoded.batch, name) ?? []] as const,
  );
  return Array.from({ length: decoded.batch.numRows }, (_, i) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[i] ?? null])),
  );
}
