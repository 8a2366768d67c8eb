import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../errors.js";
import { type Home, runnerLockPath, SystemLock } from "../jobs/index.js";

const LOOK_MS = 50;
/** A runner that ends has its rows in flight to drop and its results to write. One that is suspended never does: whoever has
 *  the lease goes on without the lock then, and the claim in each job's file keeps the other from writing. */
const PATIENCE_MS = 60_000;

/** Waits until no other process runs the home's jobs. The lease says the same, but it goes with the catalogue: when that is
 *  deleted or replaced, a runner that began under the old one may still be at work.
 *  @returns null when it was stopped, or has waited for long enough */
export async function lockJobs(
  home: Home,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<SystemLock | null> {
  const path = runnerLockPath(home.path);
  const start = performance.now();
  try {
    for (let look = 0; !signal.aborted; look++) {
      const lock = SystemLock.take(path);
      if (lock !== null) return lock;
      if (look === 0) log("another runner is at work: waiting for its end");
      if (performance.now() - start > PATIENCE_MS) break;
      await sleep(LOOK_MS);
    }
  } catch (error) {
    // a full disk, a file system without locks: the lease alone has to do
    log(`${path} can't be locked: ${messageOf(error)}`);
  }
  return null;
}
