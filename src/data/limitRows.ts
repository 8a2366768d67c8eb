import type { RowBatch, Source } from "./batch.js";
import { encodedRange } from "./encodedRange.js";

/** The first rows of an iterator, which is closed after them. */
export function limitRows(rows: Iterator<unknown> | AsyncIterator<unknown>, limit: number): AsyncIterator<unknown> {
  let left = limit;
  const close = async (): Promise<IteratorReturnResult<undefined>> => {
    await rows.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (left === 0) return await close();
      left--;
      return await rows.next();
    },
    return: close,
  };
}

/** The first rows of a source whose columns are known beforehand. */
export function limitSource(source: Source, limit: number): Source {
  async function* batches(): AsyncGenerator<RowBatch> {
    let left = limit;
    for await (const batch of source.batches()) {
      if (batch.rowCount >= left) {
        yield firstRows(batch, left);
        return;
      }
      left -= batch.rowCount;
      yield batch;
    }
  }
  return { ...source, batches };
}

function firstRows(batch: RowBatch, rowCount: number): RowBatch {
  if (batch.rowCount === rowCount) return batch;
  return {
    rowCount,
    text: (column) => batch.text(column).slice(0, rowCount),
    encode() {
      const whole = batch.encode();
      return whole === null ? null : encodedRange(whole, 0, rowCount);
    },
  };
}
