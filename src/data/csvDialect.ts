import { readUtf8 } from "./bytes.js";
import type { DataFile } from "./dataFile.js";
import { RECORD_BYTES } from "./limits.js";

const SEPARATORS = [",", ";", "\t", "|"] as const;
type Separator = (typeof SEPARATORS)[number];

/** How a file separates its fields and records. */
export interface CsvDialect {
  readonly separator: string;
  /** "\r" alone: Excel's "CSV (Macintosh)". */
  readonly recordEnds: readonly string[];
  /** Lines before the header: Excel's `sep=;`. */
  readonly linesBefore: 0 | 1;
}

/** Without a line feed in so many bytes, lines that end in a carriage return are taken for what they are. */
const ENOUGH_BYTES = 256 * 1024;

/** Looks at a file's first record: what `sep=` names separates, else of semicolons, tabs and bars the most frequent outside
 *  quotes where there is no comma, else a comma. A TSV file is separated by tabs. */
export async function detectDialect(file: DataFile): Promise<CsvDialect> {
  const head = await scanHead(file);
  const named = /^sep=(.)\r?$/i.exec(head.firstLine)?.[1];
  const recordEnds = head.endsInReturns ? ["\r"] : ["\r\n", "\n"];
  if (file.format === "tsv") return { separator: "\t", recordEnds, linesBefore: 0 };
  if (named !== undefined) return { separator: named, recordEnds, linesBefore: 1 };
  return { separator: commonest(head.counts), recordEnds, linesBefore: 0 };
}

type Counts = Record<Separator, number>;

interface Head {
  readonly counts: Counts;
  readonly firstLine: string;
  /** Whether records end in carriage returns alone. */
  readonly endsInReturns: boolean;
}

async function scanHead(file: DataFile): Promise<Head> {
  const none: Counts = { ",": 0, ";": 0, "\t": 0, "|": 0 };
  let counts = { ...none };
  // of the record up to the first carriage return: what counts where no line feed comes at all
  let countsToReturn: Counts | null = null;
  let firstLine = "";
  let isFirstLine = true;
  let isQuoted = false;
  // only where a field begins, and behind a closing quote, which it doubles; elsewhere a quote is a character or refused later
  let mayOpen = true;
  let isBlank = true;
  let bytes = 0;
  for await (const chunk of readUtf8(file)) {
    // no byte of a longer UTF-8 character is below 0x80
    for (const byte of chunk) {
      const character = String.fromCharCode(byte);
      if (character === '"' && (isQuoted || mayOpen)) {
        isQuoted = !isQuoted;
        mayOpen = true;
      } else if (!isQuoted) mayOpen = character in counts || character === "\n" || character === "\r";
      if (!isQuoted && character === "\n" && !isBlank) return { counts, firstLine, endsInReturns: false };
      else if (!isQuoted && character === "\r" && !isBlank) countsToReturn ??= { ...counts };
      else if (!isQuoted && character in counts) counts[character as Separator]++;
      if (character === "\n" || character === "\r") isFirstLine &&= isBlank;
      else {
        isBlank = false;
        if (isFirstLine && firstLine.length < 8) firstLine += character;
      }
    }
    bytes += chunk.length;
    if (bytes > RECORD_BYTES || (countsToReturn !== null && bytes > ENOUGH_BYTES)) break;
  }
  if (countsToReturn !== null) counts = countsToReturn;
  return { counts, firstLine, endsInReturns: countsToReturn !== null };
}

function commonest(counts: Counts): Separator {
  if (counts[","] > 0) return ",";
  const best = SEPARATORS.reduce((most, one) => (counts[one] > counts[most] ? one : most));
  return counts[best] > 0 ? best : ",";
}
