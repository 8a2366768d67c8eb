/** What a calibration varies. */
export interface Setting {
  readonly workers: number;
  /** Compute threads of each worker. */
  readonly threads: number;
  /** Rows at a time of each worker. */
  readonly slots: number;
}

/** Choices for one part of a setting, each tried with the best of the rest. */
export type Axis = readonly Partial<Setting>[];

const CPU_SLOTS = [8, 32];
const GPU_SLOTS = [32, 128, 256];

/** What is worth trying beside the plan by rules of thumb: first how the cores are split between workers and threads, then
 *  the slots. What the user wished is not varied.
 *  @param wishes  0 for none */
export function axesOf(facts: { readonly cores: number; readonly hasGpu: boolean }, wishes: Setting): readonly Axis[] {
  const areCoresFree = wishes.workers === 0 && wishes.threads === 0 && !facts.hasGpu;
  const slots = (facts.hasGpu ? GPU_SLOTS : CPU_SLOTS).map((count) => ({ slots: count }));
  return [areCoresFree ? splitsOf(facts.cores) : [], wishes.slots === 0 ? slots : []];
}

/** Few threads in many workers wait for nobody; many threads in few workers read the weights less often. */
function splitsOf(cores: number): Axis {
  const threads = [1, 2, 4, cores].filter((count) => count <= cores);
  return [...new Set(threads)].map((count) => ({ workers: Math.floor(cores / count), threads: count }));
}

export function describeSetting({ workers, threads, slots }: Setting): string {
  return `${workers} × ${threads} × ${slots}`;
}
