import { randomInt } from "node:crypto";
import { existsSync, renameSync, statSync } from "node:fs";
import { basename } from "node:path";
import { RowmillError } from "../errors.js";
import { CATALOG_MIGRATIONS } from "./catalogTables.js";
import { FileHeader, FileIdentity } from "./fileIdentity.js";
import { PassingError } from "./passingError.js";
import { Sqlite, type SqlRow, type SqlValue, type Store } from "./sqlite.js";
import { SystemLock } from "./systemLock.js";

const SUFFIXES = ["", "-wal", "-shm"];
/** A rebuild of a hundred thousand jobs takes less. */
const MEND_WAIT_MS = 120_000;

export interface CatalogPaths {
  readonly path: string;
  /** Held by who opens the catalogue, and puts a damaged one aside. */
  readonly lockPath: string;
}

/** Told of each catalogue that is opened, before anybody reads it: so that jobs it does not know can be entered.
 *  @param keptAs the name that a damaged one was kept under, null when there was none */
export type OnOpen = (db: Sqlite, keptAs: string | null) => void;

interface OpenCatalog {
  readonly db: Sqlite;
  readonly identity: FileIdentity;
  readonly header: FileHeader;
}

/** The catalogue's file, followed: when it is deleted, replaced, cut or damaged while it is open, the next statement
 *  finds the one that is there now, or a new one. Whoever held something by the old one (a lease, a claimed job) finds that it is
 *  not in the new one, and stops. */
export class CatalogStore implements Store {
  readonly #paths: CatalogPaths;
  readonly #onOpen: OnOpen;
  #busyTimeoutMs: number | null = null;
  #open: OpenCatalog;
  /** The number that this process has written into the file's header, and whether it was seen there. */
  #generation: { readonly id: number; isSeen: boolean } | null = null;

  /** @throws {RowmillError} as `Sqlite`, but for a damaged file, which is put aside */
  constructor(paths: CatalogPaths, onOpen: OnOpen) {
    this.#paths = paths;
    this.#onOpen = onOpen;
    this.#open = this.#openFile(null);
  }

  run(sql: string, ...values: SqlValue[]): number {
    return this.#use((db) => db.run(sql, ...values));
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#use((db) => db.get(sql, ...values));
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#use((db) => db.all(sql, ...values));
  }

  runEach<T>(sql: string, items: Iterable<T>, values: (item: T) => SqlValue[]): number {
    return this.#use((db) => db.runEach(sql, items, values));
  }

  transaction<T>(body: () => T): T {
    return this.#use((db) => db.transaction(body));
  }

  /** Marks the file as this process's: from now on an older copy that is written over it in place is noticed. */
  beginGeneration(): void {
    this.#use((db) => {
      const id = randomInt(1, 2 ** 31 - 1);
      db.exec(`PRAGMA application_id = ${id}`);
      db.get("PRAGMA wal_checkpoint(PASSIVE)");
      this.#generation = { id, isSeen: false };
    });
  }

  /** From now on a statement waits so long for another process's lock. */
  setBusyTimeout(busyTimeoutMs: number): void {
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#open.db.setBusyTimeout(busyTimeoutMs);
  }

  close(): void {
    this.#open.db.close();
  }

  #use<T>(body: (db: Sqlite) => T): T {
    // a transaction ends on the file that it began on
    if (this.#open.db.isInTransaction) return body(this.#open.db);
    if (!this.#isSame()) this.#reopen();
    try {
      return body(this.#open.db);
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.#reopen(true);
      return body(this.#open.db);
    }
  }

  #isSame(): boolean {
    const { db, identity, header } = this.#open;
    if (identity.state() !== "same") return false;
    const found = header.read()?.applicationId;
    if (found === undefined) return false;
    const own = this.#generation;
    if (found === own?.id) own.isSeen = true;
    // another process may have begun its own generation, by SQLite's means
    if (!own?.isSeen || found === own.id) return true;
    return Number(db.get("PRAGMA application_id")?.application_id) === found;
  }

  #reopen(isBroken = false): void {
    const old = this.#open;
    this.#generation = null;
    const isReplaced = !isBroken && old.identity.state() === "replaced";
    this.#open = this.#openFile(isReplaced ? null : old.identity);
    // its file lies elsewhere now: there is nothing to copy back
    old.db.close(false);
  }

  /** Opens the file, or one made anew in its place when it is damaged. One process does so at a time: one that opens while
   *  another moves the file away would have the one's file and the other's log.
   *  @param damaged the file that is known to be */
  #openFile(damaged: FileIdentity | null): OpenCatalog {
    const { path } = this.#paths;
    using _lock = this.#lock();
    // another process may have been faster
    const isMended = damaged === null || damaged.state() === "replaced";
    const sound = isMended ? this.#openSound() : null;
    if (sound !== null) return sound;
    const keptAs = setAside(path);
    return this.#identified(openFile(path), keptAs);
  }

  /** @returns null where nothing can be locked: on a full disk, or a file system without locks */
  #lock(): SystemLock | null {
    let lock: SystemLock | null;
    try {
      lock = SystemLock.take(this.#paths.lockPath, MEND_WAIT_MS);
    } catch {
      return null;
    }
    if (lock === null) {
      const message = `${this.#paths.path} is being made anew by another process; try again`;
      throw new PassingError("ROWMILL_STORE_BUSY", message, "another process to make the catalogue anew", null);
    }
    return lock;
  }

  /** @returns null when it is damaged */
  #openSound(): OpenCatalog | null {
    if (hasLostItsFile(this.#paths.path)) return null;
    let db: Sqlite | null = null;
    try {
      db = openFile(this.#paths.path);
      return this.#identified(db, null);
    } catch (error) {
      db?.close(false);
      if (!isBroken(error)) throw error;
      return null;
    }
  }

  #identified(db: Sqlite, keptAs: string | null): OpenCatalog {
    this.#onOpen(db, keptAs);
    if (this.#busyTimeoutMs !== null) db.setBusyTimeout(this.#busyTimeoutMs);
    const { path } = this.#paths;
    const header = new FileHeader(path);
    return { db, identity: new FileIdentity(path, header), header };
  }
}

function openFile(path: string): Sqlite {
  // a status is rare and must not be lost to a power cut: sync at every commit
  return new Sqlite(path, { migrations: CATALOG_MIGRATIONS, synchronous: "full" });
}

/** No file or an empty one beside a log, or a log's index without the log: SQLite leaves neither. */
function hasLostItsFile(path: string): boolean {
  const isEmpty = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  const [hasLog, hasIndex] = [existsSync(`${path}-wal`), existsSync(`${path}-shm`)];
  return isEmpty ? hasLog || hasIndex : hasIndex && !hasLog;
}

/** Moves a damaged file with what belongs to it out of the way, and keeps it.
 *  @returns its new name */
function setAside(path: string): string {
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  const kept = `${path}.damaged-${time}`;
  for (const suffix of SUFFIXES) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  return basename(kept);
}

function isBroken(error: unknown): boolean {
  return error instanceof RowmillError && error.code === "ROWMILL_STORE_BROKEN";
}
