import { open } from "node:fs/promises";
import { CompressionType, compressionRegistry, type RecordBatch, RecordBatchReader, type Schema } from "apache-arrow";
import { decompress as unpackZstd } from "fzstd";
import { aligned, selfContainedSchema, sliceBatch } from "./arrowBatches.js";
import { columnsOfSchema, exactTypes } from "./arrowValues.js";
import type { RowBatch } from "./batch.js";
import { readBytes } from "./bytes.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import type { TableFile } from "./files.js";
import { unpackLz4Frame } from "./lz4.js";

// apache-arrow brings no codecs; pyarrow and polars compress Feather files with LZ4 unless told otherwise
compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4Frame });
compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => unpackZstd(bytes) });

/** Opens an Arrow IPC file or stream (.arrow, .feather version 2); read one record batch after the other.
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openArrowFile(file: DataFile): Promise<TableFile> {
  const schema = await readSchema(file);
  return { columns: columnsOfSchema(schema), exactTypes: exactTypes(schema), batches: () => readBatches(file) };
}

/** The row batches of Arrow IPC bytes in memory, file or stream format. */
export function openArrowBytes(bytes: Uint8Array): { schema: Schema; batches: Iterable<RecordBatch> } {
  try {
    const reader = RecordBatchReader.from(aligned(bytes)).open();
    if (!reader.schema) throw new Error("no Arrow schema in it");
    return { schema: reader.schema, batches: reader };
  } catch (error) {
    throw unreadable("The Arrow data", error);
  }
}

async function readSchema(file: DataFile): Promise<Schema> {
  await using source = await openReader(file);
  return selfContainedSchema(source.reader.schema);
}

async function* readBatches(file: DataFile): AsyncGenerator<RowBatch> {
  await using source = await openReader(file);
  try {
    for await (const batch of source.reader) yield* sliceBatch(batch);
  } catch (error) {
    throw unreadable(file.path, error);
  }
}

/** The file format has its index at the end: it is read at random from the file itself, the stream format in passing. */
async function openReader(file: DataFile): Promise<{ reader: RecordBatchReader } & AsyncDisposable> {
  const handle = await open(file.path).catch((error: unknown) => {
    throw unreadable(file.path, error);
  });
  try {
    const source = file.isGzip ? readBytes(file) : handle;
    const reader = await (await RecordBatchReader.from(source as AsyncIterable<Uint8Array>)).open();
    if (!reader.schema) throw new Error("it holds no Arrow schema");
    return {
      reader,
      async [Symbol.asyncDispose]() {
        await reader.cancel();
        await handle.close().catch(() => {});
      },
    };
  } catch (error) {
    await handle.close();
    throw unreadable(file.path, error);
  }
}
