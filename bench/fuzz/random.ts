/** Random choices that a seed decides (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0, less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  isIn(share: number): boolean {
    return this.next() < share;
  }

  from<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** 0 to `most` of something, few more often than many. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: Math.floor(this.next() ** 2 * (most + 1)) }, make);
  }
}

/** The seed of one input of a run: each can be made again alone. Mixed as murmur3 ends, since neighbouring states of the
 *  generator give related numbers. */
export function seedOf(run: number, input: number): number {
  let mixed = (Math.imul(run, 0x9e3779b1) + input) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
