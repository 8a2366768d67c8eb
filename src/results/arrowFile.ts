import { AsyncByteQueue, RecordBatchFileWriter } from "apache-arrow";
import { emptyBatch, recordBatches } from "./arrow.js";
import type { ResultColumn } from "./columns.js";
import type { ResultBatch, ResultShape } from "./result.js";

/** Results as the chunks of an Arrow IPC file, a record batch for each batch; nothing is held back but the file's index. */
export async function* arrowFile(
  batches: AsyncIterable<ResultBatch>,
  columns: readonly ResultColumn[],
  shape: ResultShape,
): AsyncGenerator<Uint8Array> {
  const sink = new ByteList();
  const writer = new RecordBatchFileWriter();
  writer.reset(sink);
  const toRecordBatch = recordBatches(columns, shape);
  let isEmpty = true;
  for await (const batch of batches) {
    isEmpty = false;
    writer.write(toRecordBatch(batch));
    yield* sink.take();
  }
  if (isEmpty) writer.write(emptyBatch(columns));
  writer.finish();
  yield* sink.take();
}

/** A sink that is emptied after each write; the writer's own queue would only be read asynchronously. */
class ByteList extends AsyncByteQueue<Uint8Array> {
  #chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    if (chunk.byteLength > 0) this.#chunks.push(chunk);
  }

  take(): Uint8Array[] {
    const taken = this.#chunks;
    this.#chunks = [];
    return taken;
  }
}
