import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { DatabaseSync, type StatementSyncInstance } from "@photostructure/sqlite";
import { messageOf, RowmillError } from "../errors.js";
import { describeTrouble, diskTrouble } from "./diskTrouble.js";
import { PassingError } from "./passingError.js";

/** What a column can hold. */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE = { busy: 5, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;
/** Extended codes of a disk that takes no more: the log, or the index in shared memory, can't be written, synced, cut or
 *  made larger. Those of reading are no such thing: a file that is cut comes back by nothing. */
const UNWRITTEN = {
  write: 778,
  fsync: 1034,
  folderFsync: 1290,
  truncate: 1546,
  shmOpen: 4618,
  shmSize: 4874,
  shmMap: 5386,
} as const;
const UNWRITTEN_CODES: ReadonlySet<unknown> = new Set(Object.values(UNWRITTEN));
/** The file was renamed or deleted while it was open. */
const READONLY_MOVED = 1032;
/** Extended code: the file or its log ends before a page that belongs to it. */
const IOERR_SHORT_READ = 522;

/** How long a command waits for another process's lock. Less than a lease, more than anybody writes at a time. */
export const BUSY_TIMEOUT_MS = 10_000;

const WAL_RETRY_MS = 25;
const MOST_WAL_WAIT_MS = 5000;

export interface OpenOptions {
  /** One script for each schema version; the file's `user_version` counts those that have run. */
  readonly migrations: readonly string[];
  /** `full` syncs at every commit; `normal` only when the write-ahead log is copied back. */
  readonly synchronous: "full" | "normal";
  /** How long a statement waits for another process's lock. */
  readonly busyTimeoutMs?: number;
  /** Opens a file that is there, of this very schema, and writes nothing: "immutable" beside no log at all, "log" where
   *  another process may be writing. */
  readonly reading?: "immutable" | "log";
  /** Called once, when it has been closed. */
  readonly onClose?: () => void;
}

/** What of a SQLite file its users need. */
export type Store = Pick<Sqlite, "run" | "get" | "all" | "runEach" | "transaction">;

/** A SQLite file in WAL mode, for one thread. Every statement is synchronous. */
export class Sqlite {
  readonly path: string;
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();
  readonly #options: OpenOptions;

  /** Opens or creates the file (mode 0600) and brings its schema up to date.
   *  @throws {RowmillError} ROWMILL_DISK_FULL, ROWMILL_STORE_TOO_NEW, ROWMILL_STORE_BROKEN, ROWMILL_STORE_BUSY */
  constructor(path: string, options: OpenOptions) {
    this.path = path;
    this.#options = options;
    if (options.reading !== undefined) {
      this.#db = this.#guard(() => this.#openReading(options.reading === "immutable"));
      return;
    }
    this.#db = this.#guard(() => {
      createEmpty(path);
      const timeout = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
      return new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout });
    });
    try {
      this.#enterWal();
      this.exec(`PRAGMA synchronous = ${options.synchronous}; PRAGMA journal_size_limit = 8388608`);
      this.#migrate(options.migrations);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  get isInTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** From now on a statement waits so long for another process's lock. */
  setBusyTimeout(busyTimeoutMs: number): void {
    this.exec(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
  }

  exec(sql: string): void {
    this.#guard(() => this.#db.exec(sql));
  }

  /** Runs a statement; gives the number of rows that it changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#guard(() => this.#prepared(sql).run(...values).changes);
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#guard(() => this.#prepared(sql).get(...values) as SqlRow | undefined);
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#guard(() => this.#prepared(sql).all(...values) as SqlRow[]);
  }

  /** Runs one statement many times, without a look-up for each. */
  runEach<T>(sql: string, items: Iterable<T>, values: (item: T) => SqlValue[]): number {
    return this.#guard(() => {
      const statement = this.#prepared(sql);
      let changes = 0;
      for (const item of items) changes += statement.run(...values(item)).changes;
      return changes;
    });
  }

  /** Runs the body in a transaction that takes the write lock at once, so that what it reads stays true until it
   *  commits. All or nothing: whatever the body throws rolls back. */
  transaction<T>(body: () => T): T {
    this.exec("BEGIN IMMEDIATE");
    try {
      const value = body();
      this.exec("COMMIT");
      return value;
    } catch (error) {
      // a full disk or an I/O error may have rolled back already
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Copies the write-ahead log into the file and syncs it: what was committed survives a power cut. */
  checkpoint(): void {
    this.get("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** @param checkpoint false for a file that is about to be deleted */
  close(checkpoint = true): void {
    if (!this.#db.isOpen) return;
    try {
      // the driver finalises statements only when they are collected, so SQLite's own checkpoint at the last close
      // would come late: leave an empty log behind instead, unless somebody still reads or writes
      if (checkpoint && this.#options.reading === undefined)
        this.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      // the log stays then, with all that was committed in it
      if (!(error instanceof PassingError)) throw error;
    } finally {
      this.#statements.clear();
      this.#db.close();
      this.#options.onClose?.();
    }
  }

  #openReading(isImmutable: boolean): InstanceType<typeof DatabaseSync> {
    const { path } = this;
    const db = new DatabaseSync(isImmutable ? `${pathToFileURL(path).href}?immutable=1` : path, { readOnly: true });
    const found = Number(db.prepare("PRAGMA user_version").get()?.user_version ?? 0);
    if (found === this.#options.migrations.length) return db;
    db.close();
    throw new RowmillError("ROWMILL_STORE_OLD", `${path} has schema version ${found}`);
  }

  #prepared(sql: string): StatementSyncInstance {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Two processes that create the same file at once exclude each other here, and SQLite's busy handler is not called
   *  for the switch of the journal mode: so ask again for a while, at most as long as any statement waits. */
  #enterWal(): void {
    const most = Math.min(MOST_WAL_WAIT_MS, this.#options.busyTimeoutMs ?? BUSY_TIMEOUT_MS) / WAL_RETRY_MS;
    for (let attempt = 0; ; attempt++) {
      try {
        this.#db.exec("PRAGMA journal_mode = WAL");
        return;
      } catch (error) {
        if (primaryCode(error) !== SQLITE.busy || attempt >= most) throw storeError(error, this.path);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
      }
    }
  }

  #migrate(migrations: readonly string[]): void {
    const version = () => Number(this.get("PRAGMA user_version")?.user_version ?? 0);
    if (version() === migrations.length) return;
    this.transaction(() => {
      const found = version();
      if (found > migrations.length) {
        throw new RowmillError(
          "ROWMILL_STORE_TOO_NEW",
          `${this.path} has schema version ${found}, this Rowmill knows ${migrations.length}: update Rowmill, or use another home`,
        );
      }
      for (const script of migrations.slice(found)) this.#db.exec(script);
      this.#db.exec(`PRAGMA user_version = ${migrations.length}`);
    });
  }

  #guard<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }
}

/** SQLite gives a new file the umask's mode; its log and index then take the file's own. A file that is there is not opened:
 *  to close a descriptor of it would drop the process's locks on it (POSIX), those of SQLite's other connections too. */
export function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** Whether a file with its log is whole, as who opens it anew sees it: an open connection's cache hides what is cut off.
 *  @throws {RowmillError} ROWMILL_STORE_BUSY */
export function isSoundFile(path: string): boolean {
  let db: InstanceType<typeof DatabaseSync> | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    return db.prepare("PRAGMA quick_check(1)").get()?.quick_check === "ok";
  } catch (error) {
    if (primaryCode(error) === SQLITE.busy) throw storeError(error, path);
    return false;
  } finally {
    db?.close();
  }
}

/** SQLite's strings end at a NUL in the driver's binding, so a text with one is kept as bytes. */
export function toSqlText(text: string | null): SqlValue {
  return text?.includes("\0") ? Buffer.from(text, "utf8") : text;
}

export function fromSqlText(value: SqlValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8")
    : String(value);
}

/** The driver's `all` throws errors without their code: SQLite's own words for it are what is left. */
const WORDS: Readonly<Record<string, number>> = {
  "database is locked": SQLITE.busy,
  "attempt to write a readonly database": SQLITE.readonly,
  "disk I/O error": SQLITE.ioerr,
  "database disk image is malformed": SQLITE.corrupt,
  "database or disk is full": SQLITE.full,
  "unable to open database file": SQLITE.cantopen,
  "file is not a database": SQLITE.notadb,
};

function primaryCode(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  return WORDS[error.message] ?? null;
}

/** The one line for what a user can do something about; anything else passes as it is.
 *  @returns a PassingError where waiting may help */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof RowmillError) return error;
  const systemCode = error instanceof Error && "code" in error ? error.code : null;
  const extended = error instanceof Error && "errcode" in error ? error.errcode : null;
  const primary = primaryCode(error);
  if (primary === SQLITE.busy) {
    const message = `${path} is locked by another process for too long; try again`;
    return new PassingError("ROWMILL_STORE_BUSY", message, `another process to let go of ${path}`, error);
  }
  if (primary === SQLITE.corrupt || primary === SQLITE.notadb || extended === IOERR_SHORT_READ) {
    const message = `${path} is no sound SQLite file (${messageOf(error)}); restore it from a copy`;
    return new RowmillError("ROWMILL_STORE_BROKEN", message, { cause: error });
  }
  const isFull =
    systemCode === "ENOSPC" || systemCode === "EDQUOT" || extended === UNWRITTEN.shmSize || primary === SQLITE.full;
  const isRefused =
    systemCode === "EACCES" || systemCode === "EROFS" || systemCode === "EPERM" || systemCode === "ENOENT";
  const isUnusable = primary === SQLITE.readonly || primary === SQLITE.cantopen || primary === SQLITE.ioerr;
  if (!isFull && !isRefused && !isUnusable) return error;
  return diskError(error, path, isFull) ?? unusable(error, path, UNWRITTEN_CODES.has(extended));
}

/** Asks the disk itself, since SQLite has one word for several of its troubles.
 *  @param isFull  the error says so, whatever there is room for by now */
function diskError(error: unknown, path: string, isFull: boolean): PassingError | null {
  const isMoved = error instanceof Error && "errcode" in error && error.errcode === READONLY_MOVED;
  if (isMoved) return null;
  const folder = dirname(path);
  const trouble = diskTrouble(folder) ?? (isFull ? "space" : null);
  if (trouble === null) return null;
  const waitsFor = describeTrouble(trouble, folder);
  if (trouble === "read-only") {
    const message = `the disk is read-only: ${path} can't be written; have it mounted for writing`;
    return new PassingError("ROWMILL_DISK_READ_ONLY", message, waitsFor, error);
  }
  const what = {
    space: "the disk is full",
    inodes: "the disk has no inodes left",
    quota: "your disk quota is used up",
  };
  const message = `${what[trouble]}: ${path} can't grow; free some space and run it again`;
  return new PassingError("ROWMILL_DISK_FULL", message, waitsFor, error);
}

function unusable(error: unknown, path: string, isUnwritten: boolean): RowmillError {
  const message = `${path} can't be read or written (${messageOf(error)}); check its disk and permissions`;
  return isUnwritten
    ? new PassingError("ROWMILL_STORE_IO", message, `the disk of ${path} to be written again`, error)
    : new RowmillError("ROWMILL_STORE_UNUSABLE", message, { cause: error });
}
