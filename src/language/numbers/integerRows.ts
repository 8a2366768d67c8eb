/** A list of whole numbers that grows: as a plain one it takes twice the time of an automaton. */
export class IntegerList {
  #values = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#values[place]!;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** What is in it now. */
  all(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Finds rows of whole numbers again. */
export class RowNumbers {
  /** The row that is asked for: to be filled before each question. */
  readonly row: Int32Array;
  readonly #rows = new IntegerList();
  readonly #numbers: number[] = [];
  readonly #byHash = new Map<number, number[]>();

  constructor(width: number) {
    this.row = new Int32Array(width);
  }

  /** The number under which the row was first asked for; where it is new, the one given. */
  of(number: number): number {
    const { row } = this;
    let hash = 0;
    for (let at = 0; at < row.length; at++) {
      hash = Math.imul(hash ^ row[at]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const alike = this.#byHash.get(hash);
    if (alike !== undefined) for (const place of alike) if (this.#isRow(place)) return this.#numbers[place]!;
    const place = this.#numbers.push(number) - 1;
    for (let at = 0; at < row.length; at++) this.#rows.push(row[at]!);
    if (alike === undefined) this.#byHash.set(hash, [place]);
    else alike.push(place);
    return number;
  }

  #isRow(place: number): boolean {
    const { row } = this;
    for (let at = 0; at < row.length; at++) if (this.#rows.at(place * row.length + at) !== row[at]) return false;
    return true;
  }
}
