import type { ReadOnceStream } from "./readOnce.js";

export const FILE_FORMATS = ["csv", "tsv", "jsonl", "json", "parquet", "arrow", "txt"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A file that exists, or a stream that has begun, whose format is known. */
export interface DataFile {
  /** Its path, or how messages call it. */
  readonly path: string;
  readonly format: FileFormat;
  readonly isGzip: boolean;
  /** Where the bytes come from, if not from the path. */
  readonly stream?: ReadOnceStream;
}
