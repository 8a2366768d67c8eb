import type { Counts } from "./counts.js";

/** A snapshot of a job's progress. */
export interface Progress extends Counts {
  readonly jobId: string;
  readonly status: string;
  readonly rowsTotal: number;
  /** In words that stand behind "waiting for"; null where the job goes on. */
  readonly waitingFor: string | null;
  /** How long it has run; the times between, in which it waited for a runner or its turn, do not count. */
  readonly elapsedSeconds: number;
  /** `null` until a rate is known. */
  readonly remainingSeconds: number | null;
  /** Input and output tokens over the sliding window. */
  readonly tokensPerSecond: number;
  readonly rowsPerSecond: number;
}
