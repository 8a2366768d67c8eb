/** Finds the first of several stop strings in growing text. */
export class StopScanner {
  readonly #strings: readonly string[];

  constructor(strings: readonly string[]) {
    this.#strings = strings.filter((text) => text.length > 0);
  }

  get isActive(): boolean {
    return this.#strings.length > 0;
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
