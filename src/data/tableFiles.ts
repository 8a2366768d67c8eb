import { InputError } from "../errors.js";
import { openArrowFile } from "./arrowIpc.js";
import type { Column, RowBatch, Source } from "./batch.js";
import { openCsv } from "./csv.js";
import type { DataFile, TableFile } from "./files.js";
import { openParquet } from "./parquet.js";
import { emptyTable } from "./rowSource.js";
import { unpackFile } from "./unpackedFile.js";

/** A source of files whose columns are known beforehand (CSV, TSV, Parquet, Arrow), one file after the other.
 *  @param asked  columns whose text will be wanted
 *  @throws {InputError} ROWMILL_MIXED_COLUMNS, ROWMILL_EMPTY_TABLE, and as the formats' readers */
export async function openTableFiles(
  files: readonly [DataFile, ...DataFile[]],
  path: string,
  asked: readonly string[],
): Promise<Source> {
  const columns = await readColumns(files[0], asked);
  // all headers before the first row: a file that does not fit must not fail a job in the middle
  for (const file of files.slice(1)) checkColumns(files[0], columns, file, await readColumns(file, asked));
  return {
    kind: "table",
    format: files[0].format,
    path,
    columns,
    batches: () => readBatches(files, path, asked),
    finalColumns: () => columns,
  };
}

async function readColumns(file: DataFile, asked: readonly string[]): Promise<readonly Column[]> {
  await using table = await openTable(file, asked);
  return table.columns;
}

async function* readBatches(
  files: readonly DataFile[],
  path: string,
  asked: readonly string[],
): AsyncGenerator<RowBatch> {
  let rows = 0;
  for (const file of files) {
    await using table = await openTable(file, asked);
    for await (const batch of table.batches()) {
      rows += batch.rowCount;
      yield batch;
    }
  }
  if (rows === 0) throw emptyTable(path);
}

async function openTable(file: DataFile, asked: readonly string[]): Promise<TableFile & AsyncDisposable> {
  // CSV is read through gzip in passing
  if (file.format === "csv" || file.format === "tsv") {
    return { ...(await openCsv(file)), [Symbol.asyncDispose]: async () => {} };
  }
  const unpacked = await unpackFile(file);
  try {
    const table = await (file.format === "parquet" ? openParquet(unpacked.file, asked) : openArrowFile(unpacked.file));
    return { ...table, [Symbol.asyncDispose]: () => unpacked[Symbol.asyncDispose]() };
  } catch (error) {
    await unpacked[Symbol.asyncDispose]();
    throw error;
  }
}

function checkColumns(first: DataFile, columns: readonly Column[], file: DataFile, others: readonly Column[]): void {
  const difference = differenceOf(columns, others);
  if (difference === null) return;
  throw new InputError(
    "ROWMILL_MIXED_COLUMNS",
    `${first.path} and ${file.path} have different columns: ${difference}. Narrow the pattern, or make them equal.`,
  );
}

function differenceOf(columns: readonly Column[], others: readonly Column[]): string | null {
  const missing = columns.find(({ name }) => !others.some((other) => other.name === name));
  if (missing !== undefined) return `only the first has "${missing.name}"`;
  const added = others.find(({ name }) => !columns.some((column) => column.name === name));
  if (added !== undefined) return `only the second has "${added.name}"`;
  const place = columns.findIndex(({ name, type }, i) => name !== others[i]?.name || type !== others[i]?.type);
  const left = columns[place];
  if (left === undefined) return null;
  const right = others[place] as Column;
  if (left.name !== right.name) return `"${left.name}" and "${right.name}" stand in the same place`;
  return `"${left.name}" is ${left.type} in one and ${right.type} in the other`;
}
