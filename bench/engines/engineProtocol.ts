import type { BatchPlan, EngineStatistics } from "../../src/engine/local/index.js";
import type { OutputForm } from "../../src/output/index.js";
import type { RowShare } from "./rowShare.js";
import type { RowOutcome } from "./subject.js";

/** A thread's share of a run. */
export interface ThreadRun {
  readonly plan: BatchPlan;
  readonly prefix: Uint32Array;
  readonly suffix: Uint32Array;
  readonly form: OutputForm | null;
  readonly maxTokens: number;
  readonly rows: RowShare;
  readonly thread: number;
  /** Short rows that go through the slots before it says that it is warm. */
  readonly warmRows: number;
}

export type ToThread =
  | { readonly kind: "run"; readonly run: ThreadRun }
  /** The clock has started: take rows. */
  | { readonly kind: "begin" }
  | { readonly kind: "stop" }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "open" | "warm" | "closed" }
  | {
      readonly kind: "end";
      /** `index` is the row's place in the order in which rows were shared out. */
      readonly outcomes: readonly RowOutcome[];
      /** When the last row was done, in milliseconds since 1970. */
      readonly lastMs: number;
      /** Before and after the run. */
      readonly statistics: readonly [EngineStatistics | null, EngineStatistics | null];
    }
  /** @property code  of a mistake that the user can mend, else `null` */
  | { readonly kind: "failed"; readonly reason: string; readonly code: string | null };
