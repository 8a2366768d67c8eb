import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError, messageOf, RowmillError } from "../errors.js";
import { naming, option } from "../optionNames.js";
import { adoptForReading, reconcile } from "./adopt.js";
import { Catalog } from "./catalog.js";
import { CatalogStore } from "./catalogStore.js";
import { CATALOG_MIGRATIONS } from "./catalogTables.js";
import { type HomeConfig, readConfig } from "./config.js";
import { checkOwner } from "./homeOwner.js";
import { asideFolder, catalogLockPath, catalogPath, configPath, jobsFolder, modelsFolder } from "./layout.js";
import { openForReading, openPrivate } from "./readingStore.js";
import { BUSY_TIMEOUT_MS, type Sqlite } from "./sqlite.js";

/** A folder with everything that Rowmill keeps: settings, catalogue, jobs and models. */
export interface Home extends Disposable {
  /** Absolute. */
  readonly path: string;
  readonly config: HomeConfig;
  /** As `config.json` is now: `config` is as it was when the home was opened.
   *  @throws {InputError} ROWMILL_BAD_CONFIG */
  readConfig(): HomeConfig;
  readonly catalog: Catalog;
  /** Its jobs and results can be read, and nothing can be submitted, run, cancelled or removed. */
  readonly isReadOnly: boolean;
  /** Marks the catalogue as this process's: from now on an older copy that is written over it is noticed. */
  beginGeneration(): void;
  /** How long a job's file waits for another process's lock. */
  readonly busyTimeoutMs: number;
}

export interface HomeOptions {
  /** Milliseconds since 1970; tests bring their own. */
  readonly clock?: () => number;
  /** Told what was mended: jobs that were taken up again, files that were put aside. */
  readonly say?: (line: string) => void;
  /** How long a statement waits for another process's lock, once the home is open. Default: ten seconds. */
  readonly busyTimeoutMs?: number;
}

/** Opens a home, and makes it first where there is none (folders 0700); makes its catalogue and its job folders agree.
 *  One that can't be written is opened for reading.
 *  @throws {InputError} ROWMILL_HOME_NOT_WRITABLE, ROWMILL_HOME_NOT_PRIVATE, ROWMILL_BAD_CONFIG
 *  @throws {RowmillError} what `Sqlite` says of a catalogue that can't be used */
export function openHome(path: string, options: HomeOptions = {}): Home {
  const home = resolve(path);
  const clock = options.clock ?? Date.now;
  if (isReadOnly(home)) return openHomeForReading(home, clock);
  makeFolders(home);
  for (const folder of [home, jobsFolder(home)]) checkOwner(folder);
  const config = readConfig(configPath(home));
  const busyTimeoutMs = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
  const store = openCatalog(home, busyTimeoutMs, options.say ?? (() => undefined));
  const catalog = new Catalog(store, { path: home, busyTimeoutMs }, clock);
  store.setBusyTimeout(busyTimeoutMs);
  return {
    path: home,
    config,
    readConfig: () => readConfig(configPath(home)),
    catalog,
    busyTimeoutMs,
    isReadOnly: false,
    beginGeneration: () => store.beginGeneration(),
    [Symbol.dispose]: () => store.close(),
  };
}

/** @throws {InputError} ROWMILL_HOME_NOT_WRITABLE for a home that was opened for reading */
export function requireWritable(home: Pick<Home, "path" | "isReadOnly">): void {
  if (home.isReadOnly) throw notWritable(home.path, "it is read-only: its results can be read, and nothing else done");
}

function openHomeForReading(home: string, clock: () => number): Home {
  const config = readConfig(configPath(home));
  const db = openCatalogForReading(home);
  return {
    path: home,
    config,
    readConfig: () => readConfig(configPath(home)),
    catalog: new Catalog(db, { path: home, busyTimeoutMs: BUSY_TIMEOUT_MS }, clock),
    busyTimeoutMs: BUSY_TIMEOUT_MS,
    isReadOnly: true,
    beginGeneration: () => requireWritable({ path: home, isReadOnly: true }),
    [Symbol.dispose]: () => db.close(),
  };
}

/** Whether a home has jobs, and this process may read them and write nothing. */
function isReadOnly(home: string): boolean {
  const jobs = jobsFolder(home);
  if (!existsSync(jobs) || [home, jobs].every((folder) => canWrite(folder))) return false;
  try {
    readdirSync(jobs);
    return true;
  } catch {
    return false;
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A catalogue that is missing or can't be read is made from the folders, for this process alone. */
function openCatalogForReading(home: string): Sqlite {
  const path = catalogPath(home);
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) {
      const db = openForReading(path, CATALOG_MIGRATIONS);
      db.get("SELECT count(*) FROM jobs");
      return db;
    }
  } catch (error) {
    if (!(error instanceof RowmillError)) throw notWritable(home, error);
  }
  return openPrivate("catalog.db", CATALOG_MIGRATIONS, (db) => adoptForReading(home, db));
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

function openCatalog(home: string, busyTimeoutMs: number, say: (line: string) => void): CatalogStore {
  const path = catalogPath(home);
  const onOpen = (db: Sqlite, keptAs: string | null): void => {
    const { adopted, aside, empty } = reconcile(home, db, busyTimeoutMs);
    const line = catalogLine(path, keptAs, adopted);
    if (line !== null) say(line);
    if (aside.length > 0) say(asideLine(home, aside));
    if (empty.length > 0) say(emptyLine(home, empty));
  };
  try {
    return new CatalogStore({ path, lockPath: catalogLockPath(home) }, onOpen);
  } catch (error) {
    const isFileError = error instanceof Error && "syscall" in error;
    if (isFileError || (error instanceof RowmillError && error.code === "ROWMILL_STORE_UNUSABLE")) {
      throw notWritable(home, error);
    }
    throw error;
  }
}

function catalogLine(path: string, keptAs: string | null, adopted: number): string | null {
  const jobs = adopted === 1 ? "1 job" : `${adopted} jobs`;
  if (keptAs !== null)
    return `warning: ${path} was damaged: it is kept as ${keptAs}, and made anew from the job folders (${jobs})`;
  if (adopted > 0) return `warning: ${path} did not know ${jobs}: taken up again from the job folders`;
  return null;
}

const firstOf = (jobIds: readonly string[]): string =>
  `${jobIds.slice(0, 3).join(", ")}${jobIds.length > 3 ? `, … (${jobIds.length} in all)` : ""}`;

function emptyLine(home: string, empty: readonly string[]): string {
  return `warning: ${firstOf(empty)} in ${jobsFolder(home)}: no job, since there is no job.db; moved to ${asideFolder(home)} when a day is over, delete it if you miss nothing`;
}

function asideLine(home: string, aside: readonly string[]): string {
  return `warning: ${firstOf(aside)}: no whole job, never submitted or damaged; moved to ${asideFolder(home)}, delete it if you miss nothing`;
}

function notWritable(home: string, cause: unknown): InputError {
  return new InputError(
    "ROWMILL_HOME_NOT_WRITABLE",
    naming`the home ${home} can't be written (${messageOf(cause)}): choose another with the option ${option("home")} or ROWMILL_HOME`,
    { cause },
  );
}
