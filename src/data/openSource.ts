import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import type { Source } from "./batch.js";
import { findFiles } from "./files.js";
import { openMemory } from "./memorySource.js";
import { streamRowFiles } from "./rowFiles.js";
import { openRows } from "./rowSource.js";
import { openTableFiles } from "./tableFiles.js";

/** Opens whatever `infer` may be given, without reading its rows: a list or (async) iterable of strings or objects; an
 *  Apache Arrow Table, RecordBatch or IPC bytes; a nodejs-polars DataFrame or anything else with an Arrow door; a path,
 *  glob or file: URL of .csv .tsv .jsonl .ndjson .json .parquet .arrow .feather .txt files, gzip'd or not.
 *  @throws {InputError} ROWMILL_NO_SUCH_FILE, ROWMILL_UNREADABLE, ROWMILL_UNKNOWN_FORMAT, ROWMILL_MIXED_FORMATS,
 *    ROWMILL_MIXED_COLUMNS, ROWMILL_MIXED_ROWS, ROWMILL_EMPTY_TABLE, ROWMILL_DUPLICATE_HEADER, ROWMILL_RAGGED_ROW, ROWMILL_NOT_UTF8;
 *    those about rows may also come while the batches are read */
export async function openSource(data: unknown, options: { columns?: readonly string[] } = {}): Promise<Source> {
  if (data instanceof URL && data.protocol === "file:") return openPath(fileURLToPath(data), options.columns ?? []);
  if (typeof data === "string") return openPath(data, options.columns ?? []);
  if (typeof data === "object" && data !== null) return openMemory(data);
  throw new InputError(
    "ROWMILL_UNKNOWN_FORMAT",
    `The data is ${data === null ? "null" : `a ${typeof data}`}. Pass a path, a list, an iterable, an Arrow table or a DataFrame.`,
  );
}

async function openPath(path: string, asked: readonly string[]): Promise<Source> {
  const files = await findFiles(path);
  const { format } = files[0];
  const isRows = format === "jsonl" || format === "json" || format === "txt";
  return isRows ? openRows(streamRowFiles(files, path)) : openTableFiles(files, path, asked);
}
