import { openAsBlob } from "node:fs";
import { DataType, type Field, RecordBatchReader, type Schema, Type } from "apache-arrow";
import { parseRecordBatch } from "arrow-js-ffi";
import { ParquetFile, type RecordBatch as WasmBatch, wasmMemory } from "parquet-wasm";
import { InputError } from "../errors.js";
import { decodeArrow, encodeArrow, textOfColumn } from "./arrowBatches.js";
import { columnsOfSchema, exactTypes } from "./arrowValues.js";
import type { RowBatch } from "./batch.js";
import type { DataFile } from "./dataFile.js";
import { unreadable } from "./fileErrors.js";
import type { TableFile } from "./files.js";
import { BATCH_BYTES, BATCH_ROWS } from "./limits.js";
import { readableParquet } from "./parquetFooter.js";
import { schemaWithIntervals, withIntervals } from "./parquetIntervals.js";
import { orPanic } from "./wasmPanic.js";

type Texts = ReadonlyMap<string, (string | null)[]>;

/** Opens a Parquet file; read row group by row group, and inside one batch by batch.
 *  @param asked  columns whose text will be wanted: strings among them are read straight from WebAssembly memory
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openParquet(file: DataFile, asked: readonly string[]): Promise<TableFile> {
  const { parquet, intervals } = await openFile(file.path);
  try {
    const raw = rawSchemaOf(parquet);
    const schema = intervals.size > 0 ? schemaWithIntervals(raw, intervals) : raw;
    const viewed = viewableColumns(raw, asked);
    return {
      columns: columnsOfSchema(schema),
      exactTypes: exactTypes(schema),
      batches: () => readBatches(file.path, viewed),
    };
  } finally {
    parquet.free();
  }
}

interface OpenParquet {
  readonly parquet: ParquetFile;
  readonly intervals: ReadonlySet<number>;
}

async function* readBatches(path: string, viewed: readonly string[]): AsyncGenerator<RowBatch> {
  const { parquet, intervals } = await openFile(path);
  try {
    const stream = await parquet.stream({ batchSize: batchRows(parquet), concurrency: 1 });
    const batches = (stream as unknown as AsyncIterable<WasmBatch>)[Symbol.asyncIterator]();
    for (let next = await orPanic(batches.next()); next.done !== true; next = await orPanic(batches.next())) {
      const rowCount = next.value.numRows;
      const texts = viewTexts(next.value, viewed);
      // takes the batch out of WebAssembly memory and frees it there
      const raw = next.value.intoIPCStream();
      const bytes = intervals.size > 0 && rowCount > 0 ? encodeArrow(withIntervals(decodeArrow(raw), intervals)) : raw;
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

/** The asked columns if they are strings; none where arrow-js-ffi does not know the type of another column of the table. */
function viewableColumns(schema: Schema, asked: readonly string[]): readonly string[] {
  if (!schema.fields.every(isViewable)) return [];
  return asked.filter((name) => {
    const type = schema.fields.find((field: Field) => field.name === name)?.type;
    return DataType.isUtf8(type) || DataType.isLargeUtf8(type);
  });
}

const VIEWABLE: ReadonlySet<Type> = new Set([
  Type.Bool,
  Type.Int,
  Type.Float,
  Type.Utf8,
  Type.LargeUtf8,
  Type.Binary,
  Type.Date,
  Type.Time,
  Type.Timestamp,
  Type.Duration,
  Type.List,
  Type.Struct,
]);

function isViewable({ type }: Field): boolean {
  return VIEWABLE.has(type.typeId) && ((type.children ?? []) as Field[]).every(isViewable);
}

async function openFile(path: string): Promise<OpenParquet> {
  try {
    const blob = await openAsBlob(path);
    const magic = await blob.slice(0, 4).text();
    // PARE: an encrypted footer, which parquet-wasm refuses by its own words
    if (magic !== "PAR1" && magic !== "PARE") throw new InputError("ROWMILL_UNREADABLE", `${path} is no Parquet file.`);
    const readable = await readableParquet(blob);
    return { parquet: await orPanic(ParquetFile.fromFile(readable.blob)), intervals: readable.intervals };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function rawSchemaOf(parquet: ParquetFile): Schema {
  return RecordBatchReader.from(parquet.schema().intoIPCStream()).open().schema;
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
