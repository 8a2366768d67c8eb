import { resolve } from "node:path";
import { loadAddon } from "../addon.js";
import { messageOf, RowmillError } from "../errors.js";
import type { CounterHandle, CounterLane, CounterPage, PageShape } from "./counters.js";
import { attachFilePage, createFilePage, openFileLane } from "./filePage.js";
import { createSharedPage, openSharedLane, viewSharedPage } from "./sharedPage.js";

// Pages that stand in for a file: whoever asks for the path in this process finds the memory instead.
const sharedPages = new Map<string, CounterPage>();

/** Makes a job's counters, or starts them again from `shape.base`. Never fails a job: where the addon is missing or the
 *  file can't be made the counters live in this process's memory, and `reason` says why.
 *  @throws {RangeError} the shape is no shape */
export function openCounters(file: string, shape: PageShape): CounterPage {
  checkShape(shape);
  const path = resolve(file);
  const addon = loadAddon();
  if (addon.native === null) return openShared(path, shape, `the native addon is missing: ${addon.reason}`);
  try {
    return createFilePage(addon.native, path, shape);
  } catch (error) {
    if (!(error instanceof RowmillError)) throw error;
    return openShared(path, shape, messageOf(error));
  }
}

/** Counters that nobody but this process's threads is to see.
 *  @throws {RangeError} the shape is no shape */
export function openCountersInMemory(shape: PageShape): CounterPage {
  checkShape(shape);
  return createSharedPage(shape, "nobody else is to see it");
}

/** The counters of a job that runs in another process, or in this one.
 *  @returns null when nobody has made them yet, or when only another process's memory holds them
 *  @throws {RowmillError} `ROWMILL_BAD_COUNTERS` when the file is damaged or holds something else */
export function attachCounters(file: string): CounterPage | null {
  const path = resolve(file);
  const shared = sharedPages.get(path);
  if (shared) {
    const handle = shared.handle();
    return handle.kind === "shared" ? viewSharedPage(handle.buffer, shared.reason ?? "") : null;
  }
  const addon = loadAddon();
  return addon.native === null ? null : attachFilePage(addon.native, path);
}

/** A worker's lane, in whatever thread the handle has come to.
 *  @throws {RangeError} no such worker */
export function openLane(handle: CounterHandle, worker: number): CounterLane {
  if (handle.kind === "shared") return openSharedLane(handle.buffer, worker);
  const addon = loadAddon();
  if (addon.native === null) {
    throw new RowmillError("ROWMILL_NO_ADDON", `the native addon can't be loaded in this thread: ${addon.reason}`);
  }
  return openFileLane(addon.native, handle.path, worker);
}

function openShared(path: string, shape: PageShape, reason: string): CounterPage {
  const page = createSharedPage(shape, reason);
  const close = () => {
    page.close();
    if (sharedPages.get(path) === owner) sharedPages.delete(path);
  };
  const owner: CounterPage = { ...page, close, [Symbol.dispose]: close };
  sharedPages.set(path, owner);
  return owner;
}

function checkShape(shape: PageShape): void {
  const { workers, rowsTotal } = shape;
  if (!Number.isInteger(workers) || workers < 1 || workers > 4096) {
    throw new RangeError(`counters are for 1 to 4096 workers, not ${workers}`);
  }
  if (!Number.isSafeInteger(rowsTotal) || rowsTotal < 0) throw new RangeError(`no number of rows: ${rowsTotal}`);
}
