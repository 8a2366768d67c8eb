const RUNNING = new Set(["STARTING", "RUNNING", "CANCELLING"]);
/** A runner that has not counted for so long may be gone. */
const LONGEST_MS = 5000;

/** How long a job has run, by the moment: between two counts of its runner time goes on. */
export class RunClock {
  #counted: { readonly seconds: number; readonly atMs: number } | null = null;

  /** @param runSeconds  as it was last counted
   *  @param nowMs       of a clock that only goes forward */
  secondsOf({ status, runSeconds }: { readonly status: string; readonly runSeconds: number }, nowMs: number): number {
    if (!RUNNING.has(status)) {
      this.#counted = null;
      return runSeconds;
    }
    if (this.#counted?.seconds !== runSeconds) this.#counted = { seconds: runSeconds, atMs: nowMs };
    return runSeconds + Math.min(LONGEST_MS, nowMs - this.#counted.atMs) / 1000;
  }
}
