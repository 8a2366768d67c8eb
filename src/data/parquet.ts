import { openAsBlob } from "node:fs";
import { DataType, type Field, RecordBatchReader, type Schema } from "apache-arrow";
import { parseRecordBatch } from "arrow-js-ffi";
import { ParquetFile, type RecordBatch as WasmBatch, wasmMemory } from "parquet-wasm";
import { InputError } from "../errors.js";
import { decodeArrow, textOfColumn } from "./arrowBatches.js";
import { columnsOfSchema, exactTypes } from "./arrowValues.js";
import type { RowBatch } from "./batch.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import type { TableFile } from "./files.js";
import { BATCH_BYTES, BATCH_ROWS } from "./limits.js";
import { orPanic } from "./wasmPanic.js";

type Texts = ReadonlyMap<string, (string | null)[]>;

/** Opens a Parquet file; read row group by row group, and inside one batch by batch.
 *  @param asked  columns whose text will be wanted: strings among them are read straight from WebAssembly memory
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openParquet(file: DataFile, asked: readonly string[]): Promise<TableFile> {
  const parquet = await openFile(file.path);
  try {
    const schema = schemaOf(parquet);
    const columns = columnsOfSchema(schema);
    const viewed = viewableColumns(schema, asked);
    return { columns, exactTypes: exactTypes(schema), batches: () => readBatches(file.path, viewed) };
  } finally {
    parquet.free();
  }
}

async function* readBatches(path: string, viewed: readonly string[]): AsyncGenerator<RowBatch> {
  const parquet = await openFile(path);
  try {
    const stream = await parquet.stream({ batchSize: batchRows(parquet), concurrency: 1 });
    const batches = (stream as unknown as AsyncIterable<WasmBatch>)[Symbol.asyncIterator]();
    for (let next = await orPanic(batches.next()); next.done !== true; next = await orPanic(batches.next())) {
      const rowCount = next.value.numRows;
      const texts = viewTexts(next.value, viewed);
      // takes the batch out of WebAssembly memory and frees it there
      const bytes = next.value.intoIPCStream();
      if (rowCount > 0) yield parquetBatch(bytes, rowCount, texts);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    parquet.free();
  }
}

function parquetBatch(bytes: Uint8Array, rowCount: number, texts: Texts): RowBatch {
  return {
    rowCount,
    text: (column) => texts.get(column) ?? textOfColumn(decodeArrow(bytes).getChild(column), rowCount),
    encode: () => ({ format: "arrow", bytes }),
  };
}

/** Reads string columns through views on WebAssembly memory: 14 % faster than from the batch's IPC bytes. */
function viewTexts(batch: WasmBatch, columns: readonly string[]): Texts {
  const texts = new Map<string, (string | null)[]>();
  if (columns.length === 0) return texts;
  const ffi = batch.toFFI();
  try {
    // asked for each time: the memory's buffer is a new one whenever it has grown
    const view = parseRecordBatch(wasmMemory().buffer, ffi.arrayAddr(), ffi.schemaAddr(), false);
    for (const column of columns) texts.set(column, textOfColumn(view.getChild(column), view.numRows));
  } finally {
    ffi.free();
  }
  return texts;
}

/** The asked columns if they are strings; none where arrow-js-ffi can't parse another column of the table. */
function viewableColumns(schema: Schema, asked: readonly string[]): readonly string[] {
  if (schema.fields.some((field: Field) => DataType.isInterval(field.type) || DataType.isUnion(field.type))) return [];
  return asked.filter((name) => {
    const type = schema.fields.find((field: Field) => field.name === name)?.type;
    return DataType.isUtf8(type) || DataType.isLargeUtf8(type);
  });
}

async function openFile(path: string): Promise<ParquetFile> {
  try {
    const blob = await openAsBlob(path);
    const magic = await blob.slice(0, 4).text();
    // PARE: an encrypted footer, which parquet-wasm refuses by its own words
    if (magic !== "PAR1" && magic !== "PARE") throw new InputError("ROWMILL_UNREADABLE", `${path} is no Parquet file.`);
    const parquet = await orPanic(ParquetFile.fromFile(blob));
    if (!schemaOf(parquet).fields.some((field: Field) => DataType.isDictionary(field.type))) return parquet;
    parquet.free();
    return await orPanic(ParquetFile.fromFile(await withoutArrowSchema(blob)));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Hides the Arrow schema that some writers leave in a file's footer, by renaming its key: the reader then takes Parquet's own
 *  types, plain strings instead of dictionaries. parquet-wasm 0.8 panics on the dictionaries that polars writes. */
async function withoutArrowSchema(blob: Blob): Promise<Blob> {
  const tail = new DataView(await blob.slice(blob.size - 8).arrayBuffer());
  const start = blob.size - 8 - tail.getUint32(0, true);
  const footer = Buffer.from(await blob.slice(start).arrayBuffer());
  const key = footer.indexOf("ARROW:schema");
  if (key >= 0) footer.write("HIDDEN", key, "latin1");
  return new Blob([blob.slice(0, start), footer]);
}

function schemaOf(parquet: ParquetFile): Schema {
  const schema = RecordBatchReader.from(parquet.schema().intoIPCStream()).open().schema;
  return schema;
}

/** Rows a batch, so that it stays under BATCH_BYTES on average. */
function batchRows(parquet: ParquetFile): number {
  let rows = 0;
  let bytes = 0;
  for (const group of parquet.metadata().rowGroups()) {
    rows += group.numRows();
    bytes += group.totalByteSize();
    group.free();
  }
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor((BATCH_BYTES * rows) / Math.max(1, bytes))));
}
