/** Numbers pairs of small whole numbers in the order in which they are first seen; a table of its own, since a Map of
 *  doubles takes most of what an automaton costs. */
export class PairNumbers {
  #lefts = new Int32Array(256);
  #rights = new Int32Array(256);
  /** Places of a power of two, each a pair's number and 1; 0 is free. */
  #places = new Int32Array(512);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  of(left: number, right: number): number {
    const mask = this.#places.length - 1;
    let at = hashOf(left, right) & mask;
    for (; this.#places[at] !== 0; at = (at + 1) & mask) {
      const number = this.#places[at]! - 1;
      if (this.#lefts[number] === left && this.#rights[number] === right) return number;
    }
    if (this.#size === this.#lefts.length) {
      this.#grow();
      return this.of(left, right);
    }
    const number = this.#size++;
    this.#lefts[number] = left;
    this.#rights[number] = right;
    this.#places[at] = number + 1;
    return number;
  }

  #grow(): void {
    this.#lefts = grown(this.#lefts);
    this.#rights = grown(this.#rights);
    this.#places = new Int32Array(this.#places.length * 2);
    const mask = this.#places.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let at = hashOf(this.#lefts[number]!, this.#rights[number]!) & mask;
      while (this.#places[at] !== 0) at = (at + 1) & mask;
      this.#places[at] = number + 1;
    }
  }
}

function grown(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}

function hashOf(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
