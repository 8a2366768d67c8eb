import { cutBatch, encodeArrow } from "./arrowBatches.js";
import type { EncodedBatch } from "./batch.js";
import { decodeBatch } from "./decode.js";
import { writeExactJson } from "./exactJson.js";

/** Some consecutive rows of a kept batch, as a batch of their own.
 *  @param start of the batch's rows, from 0
 *  @param end   the row behind the last */
export function encodedRange(batch: EncodedBatch, start: number, end: number): EncodedBatch {
  const decoded = decodeBatch(batch);
  if (decoded.format === "json")
    return { format: "json", bytes: Buffer.from(writeExactJson(decoded.rows.slice(start, end)), "utf8") };
  return { format: "arrow", bytes: encodeArrow(cutBatch(decoded.batch, start, end)) };
}
