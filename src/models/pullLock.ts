import { setTimeout as sleep } from "node:timers/promises";
import lockfile from "proper-lockfile";

/** A holder renews its lock every 5 s; one that has not for 30 s is taken for dead. */
const STALE_MS = 30_000;
const UPDATE_MS = 5_000;
const RETRY_MS = 250;

/** Runs `work` while this process alone holds the lock; waits for another holder as long as it lives. A process that was stopped
 *  for so long that another took its lock waits for that one and runs the work anew.
 *  @param signal  ends the waiting, and is passed on to the work
 *  @throws the signal's reason when it aborts */
export async function withPullLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (;;) {
    const lost = new AbortController();
    const release = await acquire(path, signal, (error) => lost.abort(error));
    try {
      return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!lost.signal.aborted || signal?.aborted) throw error;
    } finally {
      // a lock that was lost is another's now, or nobody's
      if (!lost.signal.aborted) await release();
    }
  }
}

async function acquire(path: string, signal: AbortSignal | undefined, onLost: (error: Error) => void) {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await lockfile.lock(path, {
        lockfilePath: path,
        realpath: false,
        stale: STALE_MS,
        update: UPDATE_MS,
        onCompromised: onLost,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    await sleep(RETRY_MS, undefined, { ...(signal && { signal }) });
  }
}
