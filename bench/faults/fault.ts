/** Something that goes wrong, and the look at what is left. */
export interface Fault {
  readonly name: string;
  /** @returns what was found, in a few words
   *  @throws what is not as it should be */
  readonly run: () => Promise<string>;
}

export interface FaultSettings {
  readonly seed: number;
  /** Rows of a job. */
  readonly rows: number;
  /** Runners that are killed. */
  readonly kills: number;
}

/** @throws {Error} with the words, unless it holds */
export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
