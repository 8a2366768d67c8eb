import type { CsvQuotes } from "./csv.js";
import type { FileFormat } from "./dataFile.js";

/** How a source is read. */
export interface SourceOptions {
  /** Columns whose text will be wanted. */
  readonly columns?: readonly string[];
  /** The format of files and streams, whatever their names and first bytes say. */
  readonly inputFormat?: FileFormat | undefined;
  /** Quotes inside an unquoted field of a CSV or TSV file; default "strict". */
  readonly csvQuotes?: CsvQuotes | undefined;
  /** Give columns of a CSV or TSV file the types that hold all their values exactly. */
  readonly inferTypes?: boolean | undefined;
  /** Read so many rows only. */
  readonly limit?: number | undefined;
}
