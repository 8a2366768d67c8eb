import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, messageOf, RowmillError } from "../errors.js";
import type { JobFile } from "../jobs/index.js";
import type { ResultRow } from "../results/index.js";

/** How long a job waits for somebody to make room on a full disk before it fails. */
const FULL_DISK_PATIENCE_MS = 600_000;
const RETRY_MS = 500;

/** Store errors that pass by themselves or when somebody makes room. */
export function isPassing(error: unknown): boolean {
  return error instanceof RowmillError && (error.code === "ROWMILL_DISK_FULL" || error.code === "ROWMILL_STORE_BUSY");
}

/** Finished rows on their way into the job's file, a transaction at a time. While the disk is full they wait here and
 *  nothing is lost; whoever feeds the workers should stop then. */
export class Checkpoint {
  #results: ResultRow[] = [];
  #stalledSinceMs: number | null = null;

  /** @param nowMs a clock that never goes back */
  constructor(
    private readonly file: Pick<JobFile, "appendResults">,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  get waiting(): number {
    return this.#results.length;
  }

  /** Whether the last transaction could not be written. */
  get isStalled(): boolean {
    return this.#stalledSinceMs !== null;
  }

  add(results: readonly ResultRow[]): void {
    this.#results.push(...results);
  }

  /** Writes what waits, all or none of it.
   *  @returns whether nothing waits any more
   *  @throws {RowmillError} ROWMILL_STORE_STALLED after ten minutes without room, and every other error of the store */
  write(): boolean {
    if (this.#results.length === 0) return true;
    try {
      this.file.appendResults(this.#results);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#stalledSinceMs ??= this.nowMs();
      if (this.nowMs() - this.#stalledSinceMs <= FULL_DISK_PATIENCE_MS) return false;
      throw new RowmillError(
        "ROWMILL_STORE_STALLED",
        `results could not be written for 10 minutes: ${messageOf(error)}`,
        {
          cause: error,
          exitCode: EXIT.jobFailed,
        },
      );
    }
    this.#results = [];
    this.#stalledSinceMs = null;
    return true;
  }

  /** Writes the last of it, however long the disk is full (within reason: see `write`). */
  async writeAll(signal: AbortSignal): Promise<void> {
    while (!this.write() && !signal.aborted) await sleep(RETRY_MS);
  }
}
