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
import { type ByteLeaves, hasByteLeaves, schemaWithLeaves, withLeaves } from "./parquetLeaves.js";
import { orPanic, type PanicWatch, watchPanics } from "./wasmPanic.js";

type Texts = ReadonlyMap<string, (string | null)[]>;

/** Opens a Parquet file; read row group by row group, and inside one batch by batch.
 *  @param asked  columns whose text will be wanted: strings among them are read straight from WebAssembly memory
 *  @throws {InputError} ROWMILL_UNREADABLE */
export async function openParquet(file: DataFile, asked: readonly string[]): Promise<TableFile> {
  const { parquet, leaves } = await openFile(file.path);
  try {
    const raw = rawSchemaOf(parquet);
    const schema = schemaWithLeaves(raw, leaves);
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
  readonly leaves: ByteLeaves;
}

async function* readBatches(path: string, viewed: readonly string[]): AsyncGenerator<RowBatch> {
  const { parquet, leaves } = await openFile(path);
  // a panic may come while nothing is waited for
  using watch = watchPanics();
  try {
    for await (const batch of readPieces(parquet, watch)) {
      const rowCount = batch.numRows;
      const texts = viewTexts(batch, viewed);
      // takes the batch out of WebAssembly memory and frees it there
      const raw = batch.intoIPCStream();
      const bytes = hasByteLeaves(leaves) && rowCount > 0 ? encodeArrow(withLeaves(decodeArrow(raw), leaves)) : raw;
      if (rowCount > 0) yield parquetBatch(bytes, rowCount, texts);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    // behind a panic nothing works in there, not even this
    if (!watch.hasPanicked) parquet.free();
  }
}

/** What parquet-wasm decodes at once: it does not wait for whoever takes the batches, and has 4 GB of memory. */
const PIECE_BYTES = 512 * 1024 * 1024;
const PROBE_ROWS = 16;

/** Row group by row group, in pieces of bounded size. The footer counts a text of a dictionary once, however many rows have it:
 *  what rows take is seen from those before, and from a few of the first. */
async function* readPieces(parquet: ParquetFile, { orPanic }: PanicWatch): AsyncGenerator<WasmBatch> {
  let seenPerRow: number | null = null;
  for (const [place, { rows, bytes }] of rowGroupsOf(parquet).entries()) {
    const rowGroups = [place];
    for (let offset = 0, limit = 0; offset < rows; offset += limit) {
      const footerPerRow = bytes / rows;
      if (seenPerRow === null) {
        const batchSize = Math.min(rows, PROBE_ROWS, rowsOf(BATCH_BYTES, footerPerRow));
        const few = await orPanic(parquet.read({ rowGroups, limit: batchSize, batchSize }));
        seenPerRow = few.intoIPCStream().length / batchSize;
      }
      const bytesPerRow: number = Math.max(footerPerRow, seenPerRow);
      limit = Math.min(rows - offset, rowsOf(PIECE_BYTES, bytesPerRow));
      const batchSize = Math.min(BATCH_ROWS, rowsOf(BATCH_BYTES, bytesPerRow));
      const stream = await orPanic(parquet.stream({ rowGroups, offset, limit, batchSize, concurrency: 1 }));
      const batches = (stream as unknown as AsyncIterable<WasmBatch>)[Symbol.asyncIterator]();
      let seen = 0;
      for (let next = await orPanic(batches.next()); next.done !== true; next = await orPanic(batches.next())) {
        seen += next.value.getArrayMemorySize();
        yield next.value;
      }
      seenPerRow = seen / limit;
    }
  }
}

/** At least one. */
function rowsOf(bytes: number, bytesPerRow: number): number {
  return Math.max(1, Math.floor(bytes / Math.max(1, bytesPerRow)));
}

function parquetBatch(bytes: Uint8Array, rowCount: number, texts: Texts): RowBatch {
  return {
    rowCount,
    text: (column) => texts.get(column) ?? textOfColumn(decodeArrow(bytes), column),
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
    for (const column of columns) texts.set(column, textOfColumn(view, column));
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
    return { parquet: await orPanic(ParquetFile.fromFile(readable.blob)), leaves: readable.leaves };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function rawSchemaOf(parquet: ParquetFile): Schema {
  return RecordBatchReader.from(parquet.schema().intoIPCStream()).open().schema;
}

function rowGroupsOf(parquet: ParquetFile): { readonly rows: number; readonly bytes: number }[] {
  return parquet
    .metadata()
    .rowGroups()
    .map((group) => {
      const size = { rows: group.numRows(), bytes: group.totalByteSize() };
      group.free();
      return size;
    });
}
