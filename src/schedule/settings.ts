/** What a calibration varies. */
export interface Setting {
  readonly workers: number;
  /** Compute threads of each worker. */
  readonly threads: number;
  /** Rows at a time of each worker. */
  readonly slots: number;
  /** Most tokens of a row that are computed ahead as the output's next ones; 0 for none. */
  readonly draftTokens: number;
}

/** What a user may fix; 0 leaves the choice to the planner. */
export type Wishes = Omit<Setting, "draftTokens">;

/** Choices for one part of a setting, each tried with the best of the rest. */
export type Axis = readonly Partial<Setting>[];

/** llama.cpp has 256 sequences, and one holds what all rows begin with. */
export const MOST_SLOTS = 255;
const CPU_SLOTS = [1, 2, 4, 8, 32];
const GPU_SLOTS = [32, 128, MOST_SLOTS];
export const DRAFT_TOKENS = 8;

export interface AxisFacts {
  readonly cores: number;
  readonly hasGpu: boolean;
  /** Tokens are generated: there is something to draft. */
  readonly writesText: boolean;
}

/** What is worth trying beside the plan by rules of thumb: first how the cores are split between workers and threads, then
 *  the slots, then drafts. What the user wished is not varied; with everything wished nothing is, so that outputs can be
 *  had again to the byte. */
export function axesOf(facts: AxisFacts, wishes: Wishes): readonly Axis[] {
  const areCoresFree = wishes.workers === 0 && wishes.threads === 0 && !facts.hasGpu;
  const slots = (facts.hasGpu ? GPU_SLOTS : CPU_SLOTS).map((count) => ({ slots: count }));
  const isFixed = wishes.workers > 0 && wishes.threads > 0 && wishes.slots > 0;
  return [
    areCoresFree ? splitsOf(facts.cores) : [],
    wishes.slots === 0 ? slots : [],
    isFixed || !facts.writesText ? [] : [{ draftTokens: DRAFT_TOKENS }],
  ];
}

/** Few threads in many workers wait for nobody; many threads in few workers read the weights less often. */
function splitsOf(cores: number): Axis {
  const threads = [1, 2, 4, cores].filter((count) => count <= cores);
  return [...new Set(threads)].map((count) => ({ workers: Math.floor(cores / count), threads: count }));
}

/** @returns e.g. "2 × 1 × 16", or "2 × 1 × 4 with drafts" */
export function describeSetting({ workers, threads, slots, draftTokens }: Setting): string {
  return `${workers} × ${threads} × ${slots}${draftTokens > 0 ? " with drafts" : ""}`;
}
