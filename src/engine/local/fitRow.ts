import { RowmillError } from "../../errors.js";

/** A row's text is longer than a slot holds and may not be cut. It becomes an error row, not the end of the job. */
export class RowTooLongError extends RowmillError {
  constructor(rowTokens: number, capacity: number) {
    super(
      "ROWMILL_ROW_TOO_LONG",
      `the row has ${rowTokens} tokens and only ${capacity} fit; shorten it, lower maxTokens or allow truncateRows`,
    );
  }
}

/** Cuts a row's tokens to what a slot can hold, keeping the beginning.
 *  @param row      token ids of the row's text, without prefix and suffix
 *  @param capacity tokens that the slot has left after prefix, suffix and maxTokens
 *  @returns the same array when it fits (no copy), else its first `capacity` tokens
 *  @throws {RowTooLongError} when `truncate` is false and the row does not fit */
export function fitRow(row: Uint32Array, capacity: number, truncate: boolean): Uint32Array {
  if (row.length <= capacity) return row;
  if (!truncate) throw new RowTooLongError(row.length, capacity);
  return row.subarray(0, Math.max(0, capacity));
}
