import { type BigIntStats, openSync, readSync, statSync } from "node:fs";
import { fileId } from "../fileId.js";
import { isSoundFile } from "./sqlite.js";

/** What has become of a SQLite file since it was opened: "replaced" when another file or none stands at its path, "damaged"
 *  when it was cut in place, or its log is another. */
export type FileState = "same" | "replaced" | "damaged";

/** Up to here all of a shortened file is read, in a fraction of a second; of a larger one the header is believed. */
const READ_WHOLE_BYTES = 64 * 2 ** 20;

/** Knows an open SQLite file in WAL mode again. As long as one process has it open its log stays the same file, and nobody
 *  makes it shorter but by SQLite's own means (VACUUM and a checkpoint), which leave it sound. */
export class FileIdentity {
  readonly #path: string;
  readonly #ids: readonly string[];
  readonly #header: FileHeader | null;
  #bytes: number;
  #changes: number;

  /** @param path   of a file that this process has open, and has read from
   *  @param header of the same file, where it is followed: then an older copy that is shorter is told from the file itself */
  constructor(path: string, header: FileHeader | null = null) {
    this.#path = path;
    const { ids, bytes } = filesAt(path);
    this.#ids = ids;
    this.#header = header;
    this.#bytes = bytes;
    this.#changes = header?.read()?.changes ?? 0;
  }

  state(): FileState {
    const { ids, bytes } = filesAt(this.#path);
    if (ids[0] !== this.#ids[0]) return "replaced";
    if (ids.some((id, at) => id !== this.#ids[at])) return "damaged";
    if (bytes < this.#bytes && !this.#isSoundlyShortened(bytes)) return "damaged";
    if (bytes !== this.#bytes) this.#changes = this.#header?.read()?.changes ?? 0;
    this.#bytes = bytes;
    return "same";
  }

  #isSoundlyShortened(bytes: number): boolean {
    const found = (this.#header ?? new FileHeader(this.#path)).read();
    if (found === null || found.changes < this.#changes || found.bytes > bytes) return false;
    return bytes > READ_WHOLE_BYTES || isSoundFile(this.#path);
  }
}

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 72;
/** Where the header has what (https://www.sqlite.org/fileformat2.html). */
const AT = { pageBytes: 16, changes: 24, pages: 28, applicationId: 68 } as const;

interface HeaderFields {
  /** The file's size by its own account: as of when the log was last copied back. */
  readonly bytes: number;
  /** Grows with the changes of whoever opens the file. */
  readonly changes: number;
  readonly applicationId: number;
}

// One descriptor a file, never closed: closing one would drop SQLite's locks on the file (POSIX).
const descriptors = new Map<string, number>();

/** Reads a SQLite file's own header, whatever SQLite's caches and log say of it. For the few files that stay open as long as
 *  their process, and those that grew shorter. */
export class FileHeader {
  readonly #descriptor: number;

  constructor(path: string) {
    const key = idOf(statAt(path));
    const descriptor = descriptors.get(key) ?? openSync(path, "r");
    descriptors.set(key, descriptor);
    this.#descriptor = descriptor;
  }

  /** @returns null when this is no SQLite file any more */
  read(): HeaderFields | null {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(this.#descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
    if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) return null;
    // 1 stands for 65536
    const pageBytes = header.readUInt16BE(AT.pageBytes);
    return {
      bytes: (pageBytes === 1 ? 2 ** 16 : pageBytes) * header.readUInt32BE(AT.pages),
      changes: header.readUInt32BE(AT.changes),
      applicationId: header.readInt32BE(AT.applicationId),
    };
  }
}

/** The file with its log and the log's index, and the file's own size; 0 where there is none. */
function filesAt(path: string): { readonly ids: readonly string[]; readonly bytes: number } {
  const found = [path, `${path}-wal`, `${path}-shm`].map(statAt);
  return { ids: found.map(idOf), bytes: Number(found[0]?.size ?? 0) };
}

function statAt(path: string): BigIntStats | undefined {
  return statSync(path, { throwIfNoEntry: false, bigint: true });
}

function idOf(found: BigIntStats | undefined): string {
  return found === undefined ? "missing" : fileId(found);
}
