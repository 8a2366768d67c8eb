import { open } from "node:fs/promises";
import { sliceBatch } from "./arrowBatches.js";
import { type ArrowReader, bytesOfFile, bytesOfMemory, openMessages } from "./arrowMessages.js";
import { columnsOfSchema, exactTypes } from "./arrowValues.js";
import type { RowBatch } from "./batch.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import type { TableFile } from "./files.js";

/** Opens an Arrow IPC file or stream (.arrow, .feather version 2); read one record batch after the other.
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openArrowFile(file: DataFile): Promise<TableFile> {
  await using source = await openReader(file);
  const { schema } = source.reader;
  return { columns: columnsOfSchema(schema), exactTypes: exactTypes(schema), batches: () => readBatches(file) };
}

/** The record batches of Arrow IPC bytes in memory, file or stream format.
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openArrowBytes(bytes: Uint8Array): Promise<ArrowReader> {
  try {
    const reader = await openMessages(bytesOfMemory(bytes));
    return { ...reader, batches: () => orUnreadable("The Arrow data", reader.batches()) };
  } catch (error) {
    throw unreadable("The Arrow data", error);
  }
}

async function* readBatches(file: DataFile): AsyncGenerator<RowBatch> {
  await using source = await openReader(file);
  for await (const batch of orUnreadable(file.path, source.reader.batches())) yield* sliceBatch(batch);
}

async function* orUnreadable<T>(what: string, values: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* values;
  } catch (error) {
    throw unreadable(what, error);
  }
}

async function openReader(file: DataFile): Promise<{ reader: ArrowReader } & AsyncDisposable> {
  const handle = await open(file.path).catch((error: unknown) => {
    throw unreadable(file.path, error);
  });
  try {
    const reader = await openMessages(await bytesOfFile(handle));
    return { reader, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw unreadable(file.path, error);
  }
}
