import type { RecordBatch, Schema } from "apache-arrow";
import { InputError } from "../errors.js";
import { adoptArrow } from "./adoptArrow.js";
import { sliceBatch } from "./arrowBatches.js";
import { openArrowBytes } from "./arrowIpc.js";
import { lowerSchema } from "./arrowLower.js";
import { columnsOfSchema } from "./arrowValues.js";
import type { RowBatch, Source } from "./batch.js";
import { checkColumnNames } from "./columnNames.js";
import { unreadable } from "./fileErrors.js";
import { emptyTable, openRows, type RowStream } from "./rowSource.js";

type Batches = Iterable<RecordBatch> | AsyncIterable<RecordBatch>;
type Rows = Iterator<unknown> | AsyncIterator<unknown>;

/** A source of data in memory: lists, iterables, Arrow tables, DataFrames, Arrow IPC bytes.
 *  @throws {InputError} ROWMILL_UNKNOWN_FORMAT for what is none of these, ROWMILL_DUPLICATE_HEADER, and as their readers */
export async function openMemory(data: object, limit?: number): Promise<Source> {
  const table = await openArrow(data, "arrow");
  if (table !== null) return table;
  const inner = await callArrowDoor(data);
  const frame = inner === null ? null : await openArrow(inner, "dataframe");
  if (frame !== null) return frame;
  const rows = iterate(inner !== null && iterate(data) === null ? inner : data);
  if (rows === null) throw unknownData();
  return openRows(countRows(rows), limit);
}

async function openArrow(data: object, format: string): Promise<Source | null> {
  if (data instanceof Uint8Array || data instanceof ArrayBuffer) {
    const reader = await openArrowBytes(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
    return arrowSource(reader.schema, reader.batches(), format);
  }
  const adopted = adoptForeign(data);
  return adopted === null ? null : arrowSource(adopted.schema, adopted.batches, format);
}

function adoptForeign(data: object): ReturnType<typeof adoptArrow> {
  try {
    return adoptArrow(data);
  } catch (error) {
    throw unreadable("The Arrow table", error);
  }
}

/** Asks a DataFrame for its Arrow form: nodejs-polars has writeIPCStream, others toArrow or toArrowIPC; a lazy frame is collected. */
async function callArrowDoor(data: object): Promise<object | null> {
  const frame = hasMethod(data, "collect") && !Array.isArray(data) ? await data.collect() : data;
  if (typeof frame !== "object" || frame === null) return null;
  for (const door of ["writeIPCStream", "writeIPC", "toArrow", "toArrowIPC", "toArrowBuffer"] as const) {
    if (!hasMethod(frame, door)) continue;
    const inner = await frame[door]();
    if (typeof inner === "object" && inner !== null) return inner;
  }
  return null;
}

function hasMethod<Name extends string>(value: object, name: Name): value is Record<Name, () => unknown> {
  // not by `in`: a nodejs-polars frame is a proxy that answers it for its columns only
  return typeof (value as Partial<Record<Name, unknown>>)[name] === "function";
}

function arrowSource(schema: Schema, batches: Batches, format: string): Source {
  const columns = columnsOfSchema(lowerSchema(schema));
  checkColumnNames(columns, "The table");
  return {
    kind: "table",
    format,
    path: null,
    columns,
    batches: () => sliceAll(batches),
    finalColumns: () => columns,
  };
}

async function* sliceAll(batches: Batches): AsyncGenerator<RowBatch> {
  let rows = 0;
  for await (const batch of batches) {
    rows += batch.numRows;
    yield* sliceBatch(batch);
  }
  if (rows === 0) throw emptyTable("The table");
}

function iterate(data: object): Rows | null {
  const { [Symbol.asyncIterator]: toAsync, [Symbol.iterator]: toSync } = data as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return toAsync?.call(data) ?? toSync?.call(data) ?? null;
}

function countRows(rows: Rows): RowStream {
  let count = 0;
  // by hand: a generator would look into each row for a promise's `then`, where a proxy may throw
  const counted: AsyncIterator<unknown> = {
    async next() {
      const next = await rows.next();
      if (next.done !== true) count++;
      return next;
    },
    async return() {
      await rows.return?.();
      return { done: true, value: undefined };
    },
  };
  return { format: "list", path: null, rows: counted, place: () => `Row ${count}` };
}

function unknownData(): InputError {
  return new InputError(
    "ROWMILL_UNKNOWN_FORMAT",
    "The data is neither a path, a list, an iterable, an Arrow table, a DataFrame nor Arrow IPC bytes. Pass one of these.",
  );
}
