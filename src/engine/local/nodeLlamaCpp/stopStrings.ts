/** Finds the first of several stop strings in growing text. */
export class StopScanner {
  readonly #strings: readonly string[];

  constructor(strings: readonly string[]) {
    this.#strings = strings.filter((text) => text.length > 0);
  }

  get isActive(): boolean {
    return this.#strings.length > 0;
  }

  /** So many of the last tokens hold every stop string that the newest token can have completed: a token is a byte at
   *  least, a character four bytes at most. */
  get windowTokens(): number {
    return 4 * Math.max(0, ...this.#strings.map((text) => text.length)) + 4;
  }

  /** @returns where the earliest stop string begins in `text`, null when none stands in it */
  find(text: string): number | null {
    let first: number | null = null;
    for (const string of this.#strings) {
      const at = text.indexOf(string);
      if (at >= 0 && (first === null || at < first)) first = at;
    }
    return first;
  }
}
