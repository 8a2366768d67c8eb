import { pipeline } from "node:stream";
import { CsvError, type Parser, parse } from "csv-parse";
import { InputError } from "../errors.js";
import type { Column, RowBatch } from "./batch.js";
import { readUtf8 } from "./bytes.js";
import type { DataFile, TableFile } from "./files.js";
import { BATCH_BYTES, BATCH_ROWS, RECORD_BYTES } from "./limits.js";
import { recordBatch } from "./rowBatches.js";

type Separator = "," | ";" | "\t";

/** Opens a CSV or TSV file (RFC 4180; LF or CRLF; the first record names the columns; blank lines are skipped). A CSV file
 *  whose header holds no comma outside quotes is separated by the semicolons or tabs that it holds instead. All columns
 *  are strings, an empty field is the empty string.
 *  @throws {InputError} ROWMILL_RAGGED_ROW, ROWMILL_UNREADABLE, ROWMILL_NOT_UTF8, each with the line */
export async function openCsv(file: DataFile): Promise<TableFile> {
  const separator = file.format === "tsv" ? "\t" : await detectSeparator(file);
  const names = await readHeader(file, separator);
  const columns: readonly Column[] = names.map((name) => ({ name, type: "string" }));
  return { columns, exactTypes: names.map(() => "string"), batches: () => readBatches(file, separator, names) };
}

async function detectSeparator(file: DataFile): Promise<Separator> {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let isQuoted = false;
  let isBlank = true;
  let bytes = 0;
  scan: for await (const chunk of readUtf8(file.path, file.isGzip)) {
    // no byte of a longer UTF-8 character is below 0x80
    for (const byte of chunk) {
      const character = String.fromCharCode(byte);
      if (character === '"') isQuoted = !isQuoted;
      else if (!isQuoted && character === "\n" && !isBlank) break scan;
      else if (!isQuoted && character in counts) counts[character as Separator]++;
      if (character !== "\n" && character !== "\r") isBlank = false;
    }
    bytes += chunk.length;
    if (bytes > RECORD_BYTES) break;
  }
  if (counts[","] > 0 || counts[";"] + counts["\t"] === 0) return ",";
  return counts[";"] >= counts["\t"] ? ";" : "\t";
}

async function readHeader(file: DataFile, separator: Separator): Promise<readonly string[]> {
  for await (const names of readRecords(file, separator)) return names;
  throw new InputError("ROWMILL_EMPTY_TABLE", `${file.path} is empty: it has neither a header nor rows.`);
}

async function* readBatches(file: DataFile, separator: Separator, names: readonly string[]): AsyncGenerator<RowBatch> {
  let records: string[][] = [];
  let bytes = 0;
  let isHeader = true;
  for await (const record of readRecords(file, separator)) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    records.push(record);
    for (const field of record) bytes += field.length;
    if (records.length >= BATCH_ROWS || bytes >= BATCH_BYTES) {
      yield recordBatch(names, records);
      records = [];
      bytes = 0;
    }
  }
  if (records.length > 0) yield recordBatch(names, records);
}

async function* readRecords(file: DataFile, separator: Separator): AsyncGenerator<string[]> {
  const parser: Parser = parse({
    delimiter: separator,
    // not "\r": a lone carriage return in a field is the field's
    record_delimiter: ["\r\n", "\n"],
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES,
  });
  // pipeline hands the reader's error on to the parser that is read below, the callback has nothing to add
  pipeline(readUtf8(file.path, file.isGzip), parser, () => {});
  try {
    for await (const record of parser) yield record as string[];
  } catch (error) {
    throw error instanceof CsvError ? explain(file.path, separator, error) : error;
  } finally {
    parser.destroy();
  }
}

function explain(path: string, separator: Separator, error: CsvError): InputError {
  const line = `${path} line ${String(error.lines)}`;
  // the parser has come to the file's end by then: the row's number tells more than the line's
  const row = Number(error.records) === 0 ? `${path}, the header` : `${path}, row ${String(error.records)}`;
  const unreadable = (place: string, reason: string) =>
    new InputError("ROWMILL_UNREADABLE", `${place}: ${reason}`, { cause: error });
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
        'a quote stands inside a field. Quote the whole field and double the quote inside it ("").',
      );
    case "CSV_MAX_RECORD_SIZE":
      return unreadable(row, "the row is longer than 16 MB. Is a quote left open?");
    default:
      return unreadable(line, error.message);
  }
}
