import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, RowmillError } from "../errors.js";
import { isPassing, type PassingError } from "../jobs/index.js";

/** How long a job waits for somebody to make room on a full disk, or to let go of a lock, before it fails. */
const PATIENCE_MS = 600_000;
export const RETRY_MS = 500;

/** How long something has failed for a reason that passes. */
export class Patience {
  #sinceMs: number | null = null;
  #waitsFor: string | null = null;

  /** @param nowMs a clock that never goes back */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** What is waited for; null while nothing fails. */
  get waitsFor(): string | null {
    return this.#waitsFor;
  }

  /** It has failed once more.
   *  @throws {RowmillError} ROWMILL_STORE_STALLED when it has for ten minutes; and what does not pass by itself */
  meet(error: unknown): asserts error is PassingError {
    if (!isPassing(error)) throw error;
    this.#sinceMs ??= this.nowMs();
    this.#waitsFor = error.waitsFor;
    if (this.nowMs() - this.#sinceMs <= PATIENCE_MS) return;
    const message = `the job's files could not be written for 10 minutes: ${error.message}`;
    throw new RowmillError("ROWMILL_STORE_STALLED", message, { cause: error, exitCode: EXIT.jobFailed });
  }

  /** It has not failed. */
  end(): void {
    this.#sinceMs = null;
    this.#waitsFor = null;
  }
}

/** Tries until it works.
 *  @throws as `Patience.meet`; when the signal aborts, what it failed with last */
export async function patiently<T>(action: () => T, signal: AbortSignal): Promise<T> {
  const patience: Patience = new Patience();
  for (;;) {
    try {
      return action();
    } catch (error) {
      patience.meet(error);
      if (signal.aborted) throw error;
      await sleep(RETRY_MS);
    }
  }
}
