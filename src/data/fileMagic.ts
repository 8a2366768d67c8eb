/** What a file is by its first bytes, where those say so, and the name that it should have. */
export interface KnownBytes {
  readonly what: string;
  /** Its format here, or none where it is no table that can be read. */
  readonly format?: "parquet" | "arrow";
}

const MAGICS: readonly (readonly [bytes: string, KnownBytes])[] = [
  ["PAR1", { what: "a Parquet file", format: "parquet" }],
  ["ARROW1\0\0", { what: "an Arrow file", format: "arrow" }],
  ["\xff\xff\xff\xff", { what: "an Arrow stream", format: "arrow" }],
  ["PK\x03\x04", { what: "a ZIP archive or an Excel sheet (.xlsx)" }],
  ["\xd0\xcf\x11\xe0", { what: "an old Excel sheet (.xls)" }],
  ["\x28\xb5\x2f\xfd", { what: "compressed with Zstandard" }],
  ["\xfd7zXZ\0", { what: "compressed with xz" }],
  // text may begin with "BZh"; behind it stand a level and the digits of pi
  ...Array.from("123456789", (level): [string, KnownBytes] => [`BZh${level}1AY`, { what: "compressed with bzip2" }]),
  ["SQLite format 3\0", { what: "an SQLite database" }],
  ["%PDF-", { what: "a PDF document" }],
];

/** As many first bytes as are looked at. */
export const MAGIC_BYTES = 16;

/** @param start  a file's first bytes, MAGIC_BYTES where it has so many */
export function knownBytes(start: Buffer): KnownBytes | null {
  const text = start.toString("latin1", 0, MAGIC_BYTES);
  return MAGICS.find(([magic]) => text.startsWith(magic))?.[1] ?? null;
}

/** Whether text is UTF-16, by its byte order mark or by every other of its first bytes being zero. */
export function utf16Name(start: Buffer): "UTF-16LE" | "UTF-16BE" | null {
  if (start[0] === 0xff && start[1] === 0xfe) return "UTF-16LE";
  if (start[0] === 0xfe && start[1] === 0xff) return "UTF-16BE";
  const head = start.subarray(0, Math.min(MAGIC_BYTES, start.length & ~1));
  if (head.length < 4) return null;
  const isZero = (isOdd: 0 | 1) => head.every((byte, at) => at % 2 !== isOdd || byte === 0);
  if (isZero(1) && !isZero(0)) return "UTF-16LE";
  return isZero(0) && !isZero(1) ? "UTF-16BE" : null;
}

/** Whether the bytes begin a gzip file. */
export function isGzipStart(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}
