import { statSync } from "node:fs";
import { DatabaseSync } from "@photostructure/sqlite";
import { messageOf } from "../errors.js";
import { createEmpty } from "./sqlite.js";

/** A lock that the operating system takes back when its process ends, however it ends: SQLite's own, on a file that stays
 *  empty. */
export class SystemLock implements Disposable {
  readonly #path: string;
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #inode: number | undefined;

  private constructor(path: string, db: InstanceType<typeof DatabaseSync>) {
    this.#path = path;
    this.#db = db;
    this.#inode = inodeOf(path);
  }

  /** @param waitMs how long to wait, blocking, for whoever has it
   *  @returns null when another has it
   *  @throws what the system says of a file that can't be made or locked */
  static take(path: string, waitMs = 0): SystemLock | null {
    createEmpty(path);
    const db = new DatabaseSync(path, { timeout: waitMs });
    try {
      // no journal is written: there is nothing to roll back
      db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return new SystemLock(path, db);
    } catch (error) {
      db.close();
      if (/locked/.test(messageOf(error))) return null;
      throw error;
    }
  }

  /** Whether the file is still the one that others would lock. */
  isInPlace(): boolean {
    return inodeOf(this.#path) === this.#inode;
  }

  [Symbol.dispose](): void {
    if (!this.#db.isOpen) return;
    this.#db.exec("ROLLBACK");
    this.#db.close();
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
