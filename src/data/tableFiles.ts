import { InputError } from "../errors.js";
import { openArrowFile } from "./arrowIpc.js";
import type { RowBatch, Source } from "./batch.js";
import { checkColumnNames } from "./columnNames.js";
import { openCsv } from "./csv.js";
import type { DataFile } from "./dataFile.js";
import type { TableFile } from "./files.js";
import { emptyTable } from "./rowSource.js";
import type { SourceOptions } from "./sourceOptions.js";
import { unpackFile } from "./unpackedFile.js";

/** A source of files whose columns are known beforehand (CSV, TSV, Parquet, Arrow), one file after the other. Files after
 *  the first may have its columns in another order: columns go by their names.
 *  @throws {InputError} ROWMILL_DUPLICATE_HEADER, ROWMILL_MIXED_COLUMNS, ROWMILL_EMPTY_TABLE, and as the formats' readers */
export async function openTableFiles(
  files: readonly [DataFile, ...DataFile[]],
  path: string,
  options: SourceOptions,
): Promise<Source> {
  const first = await readHead(files[0], options);
  // all headers before the first row: a file that does not fit must not fail a job in the middle
  for (const file of files.slice(1)) {
    const difference = differenceOf(first, await readHead(file, options));
    if (difference !== null) throw mixedColumns(files[0].path, file.path, difference);
  }
  const { columns } = first;
  return {
    kind: "table",
    format: files[0].format,
    path,
    columns,
    batches: () => readBatches(files, path, options),
    finalColumns: () => columns,
  };
}

type Head = Pick<TableFile, "columns" | "exactTypes">;

async function readHead(file: DataFile, options: SourceOptions): Promise<Head> {
  await using table = await openTable(file, options);
  checkColumnNames(table.columns, file.path);
  return table;
}

async function* readBatches(
  files: readonly DataFile[],
  path: string,
  options: SourceOptions,
): AsyncGenerator<RowBatch> {
  let rows = 0;
  for (const file of files) {
    await using table = await openTable(file, options);
    try {
      for await (const batch of table.batches()) {
        rows += batch.rowCount;
        yield batch;
      }
    } finally {
      await file.stream?.close();
    }
  }
  if (rows === 0) throw emptyTable(path);
}

async function openTable(file: DataFile, options: SourceOptions): Promise<TableFile & AsyncDisposable> {
  // CSV is read through gzip in passing
  if (file.format === "csv" || file.format === "tsv") {
    return { ...(await openCsv(file, options.csvQuotes ?? "strict")), [Symbol.asyncDispose]: async () => {} };
  }
  const unpacked = await unpackFile(file);
  try {
    const table = await (file.format === "parquet"
      ? openParquetFile(unpacked.file, options)
      : openArrowFile(unpacked.file));
    return { ...table, [Symbol.asyncDispose]: () => unpacked[Symbol.asyncDispose]() };
  } catch (error) {
    await unpacked[Symbol.asyncDispose]();
    throw error;
  }
}

/** Its reader is compiled when it is needed: that costs 0.15 s of CPU. */
async function openParquetFile(file: DataFile, { columns }: SourceOptions): Promise<TableFile> {
  const { openParquet } = await import("./parquet.js");
  return await openParquet(file, columns ?? []);
}

function mixedColumns(first: string, other: string, difference: string): InputError {
  return new InputError(
    "ROWMILL_MIXED_COLUMNS",
    `${first} and ${other} have different columns: ${difference}. Narrow the pattern, or make them equal.`,
  );
}

function differenceOf(first: Head, other: Head): string | null {
  const names = first.columns.map(({ name }) => name);
  const others = other.columns.map(({ name }) => name);
  const missing = names.find((name) => !others.includes(name));
  if (missing !== undefined) return `only the first has "${missing}"`;
  const added = others.find((name) => !names.includes(name));
  if (added !== undefined) return `only the second has "${added}"`;
  const typeOf = (name: string) => other.exactTypes[others.indexOf(name)];
  const place = first.exactTypes.findIndex((type, i) => type !== typeOf(names[i] as string));
  if (place < 0) return null;
  const name = names[place] as string;
  return `"${name}" is ${first.exactTypes[place]} in one and ${typeOf(name)} in the other`;
}
