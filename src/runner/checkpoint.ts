import { setTimeout as sleep } from "node:timers/promises";
import type { JobFile } from "../jobs/index.js";
import type { ResultRow } from "../results/index.js";
import { Patience, RETRY_MS } from "./patience.js";

/** Finished rows on their way into the job's file, a transaction at a time. While that can't be written (the disk is full or
 *  read-only, somebody holds a lock) they wait here and nothing is lost; whoever feeds the workers should stop then. */
export class Checkpoint {
  #results: ResultRow[] = [];
  readonly #patience: Patience;

  /** @param tell   called when what is waited for changes, with null when nothing is
   *  @param nowMs  a clock that never goes back */
  constructor(
    private readonly file: Pick<JobFile, "appendResults">,
    private readonly tell: (waitsFor: string | null) => void = () => undefined,
    nowMs?: () => number,
  ) {
    this.#patience = new Patience(nowMs);
  }

  get waiting(): number {
    return this.#results.length;
  }

  /** Whether the last transaction could not be written. */
  get isStalled(): boolean {
    return this.#patience.waitsFor !== null;
  }

  add(results: readonly ResultRow[]): void {
    this.#results.push(...results);
  }

  /** Writes what waits, all or none of it.
   *  @returns whether nothing waits any more
   *  @throws {RowmillError} ROWMILL_STORE_STALLED after ten minutes in vain, and every error of the store that does not pass */
  write(): boolean {
    if (this.#results.length === 0) return true;
    const before = this.#patience.waitsFor;
    try {
      this.file.appendResults(this.#results);
      this.#results = [];
      this.#patience.end();
    } catch (error) {
      this.#patience.meet(error);
    }
    if (this.#patience.waitsFor !== before) this.tell(this.#patience.waitsFor);
    return !this.isStalled;
  }

  /** Writes the last of it, however long that can't be done (within reason: see `write`). */
  async writeAll(signal: AbortSignal): Promise<void> {
    while (!this.write() && !signal.aborted) await sleep(RETRY_MS);
  }
}
