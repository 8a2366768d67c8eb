import type { ResultEncoder } from "./resultEncoder.js";

interface FormatEntry {
  /** It can be compressed as a whole, and shown on a terminal. */
  readonly isText: boolean;
  /** Loaded when it is needed: what writes Parquet costs 0.15 s of CPU to compile. */
  readonly load: () => Promise<ResultEncoder>;
}

/** The formats of result files, each by its extension. */
const FORMATS = {
  csv: { isText: true, load: async () => (await import("./text.js")).csv },
  tsv: { isText: true, load: async () => (await import("./text.js")).tsv },
  jsonl: { isText: true, load: async () => (await import("./text.js")).jsonl },
  json: { isText: true, load: async () => (await import("./text.js")).json },
  parquet: { isText: false, load: async () => (await import("./parquetFile.js")).parquetFile },
  arrow: { isText: false, load: async () => (await import("./arrowFile.js")).arrowFile },
  feather: { isText: false, load: async () => (await import("./arrowFile.js")).arrowFile },
} as const satisfies Record<string, FormatEntry>;

export type ResultFormat = keyof typeof FORMATS;

export const RESULT_FORMATS = Object.keys(FORMATS) as readonly ResultFormat[];

/** As messages list them: ".csv .tsv …". */
export const FORMAT_ENDINGS = RESULT_FORMATS.map((name) => `.${name}`).join(" ");

export function isTextFormat(format: ResultFormat): boolean {
  return FORMATS[format].isText;
}

export function loadEncoder(format: ResultFormat): Promise<ResultEncoder> {
  return FORMATS[format].load();
}
