import { type RecordBatch, RecordBatchStreamWriter } from "apache-arrow";
import {
  Compression,
  Table,
  transformParquetStream,
  type WriterProperties,
  WriterPropertiesBuilder,
  writeParquet,
} from "parquet-wasm";
import { orPanic } from "../data/index.js";
import { emptyBatch, recordBatches } from "./arrow.js";
import type { ResultColumn } from "./columns.js";
import { storableBatch } from "./parquetTypes.js";
import type { ResultBatch, ResultShape } from "./result.js";

/** A row group closes at this many rows or bytes: what the writer holds in memory. */
const GROUP_ROWS = 100_000;
const GROUP_BYTES = 32 * 1024 * 1024;

const UNWRITABLE = "the Parquet writer failed";

/** Results as the chunks of a Parquet file (ZSTD), streamed: a row group leaves memory when it is full. */
export async function* parquetFile(
  batches: AsyncIterable<ResultBatch>,
  columns: readonly ResultColumn[],
  shape: ResultShape,
): AsyncGenerator<Uint8Array> {
  const toRecordBatch = recordBatches(columns, shape);
  const source = batches[Symbol.asyncIterator]();
  const first = await source.next();
  if (first.done === true) {
    yield writeParquet(toWasm(emptyBatch(columns)), properties());
    return;
  }
  const failures: unknown[] = [];
  let next: IteratorResult<ResultBatch> = first;
  const tables = new ReadableStream(
    {
      async pull(controller) {
        // parquet-wasm takes an error of its source for the end: it is kept aside and thrown below
        try {
          if (next.done === true) return controller.close();
          const table = toWasm(toRecordBatch(next.value));
          for (const batch of table.recordBatches()) controller.enqueue(batch);
          table.free();
          next = await source.next();
        } catch (error) {
          failures.push(error);
          controller.close();
        }
      },
    },
    { highWaterMark: 1 },
  );
  try {
    const chunks = await orPanic(transformParquetStream(tables, properties()), UNWRITABLE);
    const iterator = (chunks as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const read = () => orPanic(iterator.next(), UNWRITABLE);
    for (let chunk = await read(); chunk.done !== true; chunk = await read()) yield chunk.value;
  } catch (error) {
    // a source that fails at once is to parquet-wasm a stream without a schema
    throw failures[0] ?? error;
  } finally {
    await source.return?.();
  }
  if (failures.length > 0) throw failures[0];
}

function toWasm(batch: RecordBatch): Table {
  return Table.fromIPCStream(RecordBatchStreamWriter.writeAll([storableBatch(batch)]).toUint8Array(true));
}

function properties(): WriterProperties {
  return new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setMaxRowGroupSize(GROUP_ROWS)
    .setMaxRowGroupBytes(GROUP_BYTES)
    .setCreatedBy("rowmill")
    .build();
}
