import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Sqlite } from "./sqlite.js";

/** Opens a SQLite file where nothing may be written: a home that is mounted or made read-only.
 *
 *  Without a log the file alone is whole, and SQLite is told that nobody changes it. With one SQLite needs the log's index:
 *  where that can't be had, and for a file of an earlier version, a private copy in the system's temporary folder is
 *  read instead, which goes when the file is closed. */
export function openForReading(path: string, migrations: readonly string[]): Sqlite {
  const options = { migrations, synchronous: "normal" } as const;
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  try {
    const db = new Sqlite(path, { ...options, reading: hasLog ? "log" : "immutable" });
    // the log's index is asked for by the first read
    db.get("SELECT count(*) FROM sqlite_schema");
    return db;
  } catch {
    return openCopy(path, migrations);
  }
}

/** An empty store for what has no file that could be read.
 *  @param fill what goes in, before it is closed for writing */
export function openPrivate(name: string, migrations: readonly string[], fill: (db: Sqlite) => void): Sqlite {
  const folder = temporaryFolder();
  return openIn(folder, name, migrations, fill);
}

function openCopy(path: string, migrations: readonly string[]): Sqlite {
  const folder = temporaryFolder();
  for (const file of [path, `${path}-wal`]) if (existsSync(file)) copyFileSync(file, join(folder.path, basename(file)));
  return openIn(folder, basename(path), migrations, () => undefined);
}

function openIn(
  folder: { readonly path: string; readonly remove: () => void },
  name: string,
  migrations: readonly string[],
  fill: (db: Sqlite) => void,
): Sqlite {
  try {
    const db = new Sqlite(join(folder.path, name), { migrations, synchronous: "normal", onClose: folder.remove });
    fill(db);
    // what is written here would be lost without a word
    db.exec("PRAGMA query_only = ON");
    return db;
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** A folder of this user alone, which goes with the process at the latest. */
function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "rowmill-home-"));
  const remove = (): void => {
    process.off("exit", remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on("exit", remove);
  return { path, remove };
}
