/** Remembers what was made of a key, the least recently used forgotten first. */
export class BoundedMemo<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly weight: number }>();
  readonly #mostWeight: number;
  #weight = 0;

  /** @param mostWeight sum of the entries' weights beyond which old ones are forgotten */
  constructor(mostWeight: number) {
    this.#mostWeight = mostWeight;
  }

  /** What the key stands for, made when it is not known.
   *  @param weightOf what it costs to keep a value */
  of(key: string, make: () => Value, weightOf: (value: Value) => number): Value {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.value;
    }
    const value = make();
    const weight = weightOf(value) + key.length;
    if (weight > this.#mostWeight) return value;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const [oldest, entry] of this.#entries) {
      if (this.#weight <= this.#mostWeight) break;
      this.#entries.delete(oldest);
      this.#weight -= entry.weight;
    }
    return value;
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}
