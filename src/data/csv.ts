import { pipeline } from "node:stream";
import { CsvError, type Parser, parse } from "csv-parse";
import { InputError } from "../errors.js";
import { type NamingText, naming, option } from "../optionNames.js";
import type { Column, RowBatch } from "./batch.js";
import { readUtf8 } from "./bytes.js";
import { type CsvDialect, detectDialect } from "./csvDialect.js";
import type { DataFile } from "./dataFile.js";
import type { TableFile } from "./files.js";
import { BATCH_BYTES, BATCH_ROWS, RECORD_BYTES } from "./limits.js";
import { recordBatch } from "./rowBatches.js";

/** Quotes inside an unquoted field: "strict" refuses them, to "relaxed" they are characters. */
export type CsvQuotes = "strict" | "relaxed";

/** Opens a CSV or TSV file (RFC 4180; LF, CRLF or CR; the first record names the columns). Its separator is the comma, or
 *  what detectDialect finds. Blank lines are skipped, but in a file of one column each is a row without a value. All columns
 *  are strings, an empty field is the empty string.
 *  @throws {InputError} ROWMILL_RAGGED_ROW, ROWMILL_UNREADABLE, ROWMILL_NOT_UTF8, each with the line */
export async function openCsv(file: DataFile, quotes: CsvQuotes): Promise<TableFile> {
  const dialect = await detectDialect(file);
  const reading: Reading = { file, dialect, quotes, keepsBlankLines: false };
  const names = await readHeader(reading);
  const columns: readonly Column[] = names.map((name) => ({ name, type: "string" }));
  const all = { ...reading, keepsBlankLines: names.length === 1 };
  return { columns, exactTypes: names.map(() => "string"), batches: () => readBatches(all, names) };
}

interface Reading {
  readonly file: DataFile;
  readonly dialect: CsvDialect;
  readonly quotes: CsvQuotes;
  readonly keepsBlankLines: boolean;
}

/** A record's fields; `null` for a blank line, where those are kept. */
type CsvRecord = (string | null)[];

async function readHeader(reading: Reading): Promise<readonly string[]> {
  for await (const names of readRecords(reading)) return names as string[];
  throw new InputError("ROWMILL_EMPTY_TABLE", `${reading.file.path} is empty: it has neither a header nor rows.`);
}

async function* readBatches(reading: Reading, names: readonly string[]): AsyncGenerator<RowBatch> {
  let records: CsvRecord[] = [];
  let bytes = 0;
  let isHeader = true;
  for await (const record of readRecords(reading)) {
    if (isHeader) {
      // blank lines before the header are none of the rows
      isHeader = record[0] === null;
      continue;
    }
    records.push(record);
    for (const field of record) bytes += field?.length ?? 0;
    if (records.length >= BATCH_ROWS || bytes >= BATCH_BYTES) {
      yield recordBatch(names, records);
      records = [];
      bytes = 0;
    }
  }
  if (records.length > 0) yield recordBatch(names, records);
}

async function* readRecords({ file, dialect, quotes, keepsBlankLines }: Reading): AsyncGenerator<CsvRecord> {
  const parser: Parser = parse({
    delimiter: dialect.separator,
    // not "\r" beside others: a lone carriage return in a field is the field's
    record_delimiter: [...dialect.recordEnds],
    from_line: dialect.linesBefore + 1,
    skip_empty_lines: !keepsBlankLines,
    relax_quotes: quotes === "relaxed",
    max_record_size: RECORD_BYTES,
    ...(keepsBlankLines && { cast: (field, { quoting }) => (field === "" && !quoting ? null : field) }),
  });
  // pipeline hands the reader's error on to the parser that is read below, the callback has nothing to add
  pipeline(readUtf8(file), parser, () => {});
  try {
    for await (const record of parser) yield record as CsvRecord;
  } catch (error) {
    throw error instanceof CsvError ? explain(file.path, dialect.separator, error) : error;
  } finally {
    parser.destroy();
  }
}

function explain(path: string, separator: string, error: CsvError): InputError {
  const line = `${path} line ${String(error.lines)}`;
  // the parser has come to the file's end by then: the row's number tells more than the line's
  const row = Number(error.records) === 0 ? `${path}, the header` : `${path}, row ${String(error.records)}`;
  const unreadable = (place: string, reason: string | NamingText) =>
    new InputError("ROWMILL_UNREADABLE", naming`${place}: ${reason}`, { cause: error });
  switch (error.code) {
    case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH": {
      const got = Array.isArray(error.record) ? error.record.length : "another number of";
      const message = `${line}: the row has ${got} fields, the header has ${/expect (\d+)/.exec(error.message)?.[1] ?? "others"}. Quote fields that hold ${separator === "\t" ? "a tab" : `the separator "${separator}"`}.`;
      return new InputError("ROWMILL_RAGGED_ROW", message, { cause: error });
    }
    case "CSV_QUOTE_NOT_CLOSED":
      return unreadable(
        row,
        "a quote is opened and never closed. Close it, or double each quote inside a quoted field.",
      );
    case "INVALID_OPENING_QUOTE":
    case "CSV_INVALID_CLOSING_QUOTE":
      return unreadable(
        line,
        naming`a quote stands inside a field. Quote the whole field and double the quote inside it (""), or have such quotes read as characters by ${option("csvQuotes", "relaxed")}.`,
      );
    case "CSV_MAX_RECORD_SIZE":
      return unreadable(row, "the row is longer than 16 MB. Is a quote left open?");
    default:
      return unreadable(line, error.message);
  }
}
