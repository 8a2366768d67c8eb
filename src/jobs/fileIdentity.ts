import { openSync, readSync, statSync } from "node:fs";

/** What has become of a SQLite file since it was opened: "replaced" when another file or none stands at its path, "damaged"
 *  when it was cut in place, or its log is another. */
export type FileState = "same" | "replaced" | "damaged";

/** Knows an open SQLite file in WAL mode again. As long as one process has it open nobody makes it shorter, and its log
 *  stays the same file. */
export class FileIdentity {
  readonly #path: string;
  readonly #files: readonly string[];
  #bytes: number;

  /** @param path of a file that this process has open, and has read from */
  constructor(path: string) {
    this.#path = path;
    this.#files = filesAt(path);
    this.#bytes = bytesOf(path);
  }

  state(): FileState {
    const [main, ...logs] = filesAt(this.#path);
    if (main !== this.#files[0]) return "replaced";
    if (logs.some((log, at) => log !== this.#files[at + 1])) return "damaged";
    const bytes = bytesOf(this.#path);
    if (bytes < this.#bytes) return "damaged";
    this.#bytes = bytes;
    return "same";
  }
}

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 72;
/** Where the header has the application id (https://www.sqlite.org/fileformat2.html). */
const APPLICATION_ID_AT = 68;

// One descriptor a file, never closed: closing one would drop SQLite's locks on the file (POSIX).
const descriptors = new Map<string, number>();

/** Reads a SQLite file's own header, whatever SQLite's caches and log say of it. For the few files that stay open as long as
 *  their process. */
export class FileHeader {
  readonly #descriptor: number;

  constructor(path: string) {
    const key = fileAt(path);
    const descriptor = descriptors.get(key) ?? openSync(path, "r");
    descriptors.set(key, descriptor);
    this.#descriptor = descriptor;
  }

  /** @returns the application id, null when this is no SQLite file any more */
  applicationId(): number | null {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(this.#descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
    return header.toString("latin1", 0, MAGIC.length) === MAGIC ? header.readInt32BE(APPLICATION_ID_AT) : null;
  }
}

function filesAt(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`].map(fileAt);
}

function fileAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? "missing" : `${found.dev}:${found.ino}`;
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
