import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError, messageOf, RowmillError } from "../errors.js";
import { Catalog } from "./catalog.js";
import { CATALOG_MIGRATIONS } from "./catalogTables.js";
import { type HomeConfig, readConfig } from "./config.js";
import { catalogPath, configPath, jobsFolder, modelsFolder } from "./layout.js";
import { Sqlite } from "./sqlite.js";
import { sweepAbandoned } from "./sweep.js";

/** A folder with everything that Rowmill keeps: settings, catalogue, jobs and models. */
export interface Home extends Disposable {
  /** Absolute. */
  readonly path: string;
  readonly config: HomeConfig;
  readonly catalog: Catalog;
}

export interface HomeOptions {
  /** Milliseconds since 1970; tests bring their own. */
  readonly clock?: () => number;
}

/** Opens a home, and makes it first where there is none (folders 0700); clears away what dead submitters left.
 *  @throws {InputError} ROWMILL_HOME_NOT_WRITABLE, ROWMILL_BAD_CONFIG
 *  @throws {RowmillError} what `Sqlite` says of a catalogue that can't be used */
export function openHome(path: string, options: HomeOptions = {}): Home {
  const home = resolve(path);
  makeFolders(home);
  const config = readConfig(configPath(home));
  const db = openCatalog(home);
  const catalog = new Catalog(db, home, options.clock ?? Date.now);
  sweepAbandoned(home, catalog);
  return { path: home, config, catalog, [Symbol.dispose]: () => db.close() };
}

function makeFolders(home: string): void {
  try {
    for (const folder of [home, jobsFolder(home), modelsFolder(home)]) makeFolder(folder);
    for (const folder of [home, jobsFolder(home)]) accessSync(folder, constants.W_OK);
  } catch (error) {
    throw notWritable(home, error);
  }
}

/** Makes a folder with those above it. Node's own `recursive` never returns where a file system has the parent and
 *  refuses the child with ENOENT, as /proc does. */
function makeFolder(path: string): void {
  const isFolder = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // another process may have been faster
    if (!isFolder()) throw error;
  }
}

function openCatalog(home: string): Sqlite {
  try {
    // a status is rare and must not be lost to a power cut: sync at every commit
    return new Sqlite(catalogPath(home), { migrations: CATALOG_MIGRATIONS, synchronous: "full" });
  } catch (error) {
    const isFileError = error instanceof Error && "syscall" in error;
    if (isFileError || (error instanceof RowmillError && error.code === "ROWMILL_STORE_UNUSABLE")) {
      throw notWritable(home, error);
    }
    throw error;
  }
}

function notWritable(home: string, cause: unknown): InputError {
  return new InputError(
    "ROWMILL_HOME_NOT_WRITABLE",
    `the home ${home} can't be written (${messageOf(cause)}): choose another with --home or ROWMILL_HOME`,
    { cause },
  );
}
