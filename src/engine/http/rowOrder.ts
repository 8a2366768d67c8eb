/** Rows that one address, and one request after another of it, take together at most: they begin alike. */
const STRETCH_ROWS = 64;
export const CHUNK_ROWS = 16;

/** Gives out rows that come in the order of their beginnings so that neighbours meet the same address, and follow each other there:
 *  what they share is computed once. Pieces get smaller as the rows run out, so that all end together. */
export class RowOrder<Row> {
  readonly #ahead: Row[] = [];
  /** One an address. */
  readonly #stretches: Row[][];
  /** Rows that run again, before all others, each at another address than the one where it failed. */
  readonly #again: { readonly row: Row; readonly avoids: number | null }[] = [];

  /** @param shared  how much of their beginnings two neighbours share */
  constructor(
    addresses: number,
    private readonly shared: (row: Row, next: Row) => number,
  ) {
    this.#stretches = Array.from({ length: addresses }, () => []);
  }

  /** Rows that nobody has taken. */
  get size(): number {
    return this.#ahead.length + this.#again.length + this.#stretches.reduce((sum, { length }) => sum + length, 0);
  }

  add(row: Row): void {
    this.#ahead.push(row);
  }

  /** @param avoids  the address over which it failed, null for one that was only not sent */
  again(row: Row, avoids: number | null): void {
    this.#again.push({ row, avoids });
  }

  /** Rows that a lane has taken and not sent: they stay neighbours. */
  putBack(address: number, rows: readonly Row[]): void {
    this.#stretches[address]?.unshift(...rows);
  }

  /** An address can't be reached: the others take its rows. */
  giveBack(address: number): void {
    this.#ahead.unshift(...(this.#stretches[address] ?? []).splice(0));
  }

  /** The next rows for one lane of an address, whose requests follow each other; [] where there are none.
   *  @param lanes  that the address has
   *  @param isOnly  no other address takes requests now */
  take(address: number, lanes: number, isOnly: boolean): Row[] {
    const place = this.#again.findIndex(({ avoids }) => isOnly || avoids !== address);
    if (place >= 0) return this.#again.splice(place, 1).map(({ row }) => row);
    const stretch = this.#stretches[address] as Row[];
    const addresses = this.#stretches.length;
    const wanted = lanes * CHUNK_ROWS;
    if (stretch.length < wanted)
      stretch.push(...this.#ahead.splice(0, part(this.#ahead.length, addresses, Math.max(STRETCH_ROWS, wanted))));
    if (stretch.length === 0) this.#takeOver(stretch);
    return stretch.splice(
      0,
      this.#piece(stretch, part(stretch.length + this.#ahead.length / addresses, lanes, CHUNK_ROWS)),
    );
  }

  /** Where a piece of so many rows, or up to twice as many, ends best: where the next row shares least with it. */
  #piece(stretch: readonly Row[], rows: number): number {
    let [end, least] = [rows, Number.POSITIVE_INFINITY];
    for (let at = rows; at <= 2 * rows && least > 0; at++) {
      const [last, next] = [stretch[at - 1], stretch[at]];
      if (last === undefined) break;
      const share = next === undefined ? 0 : this.shared(last, next);
      if (share < least) [end, least] = [at, share];
    }
    return end;
  }

  /** The back half of what the slowest address has. */
  #takeOver(stretch: Row[]): void {
    const longest = this.#stretches.reduce((most, one) => (one.length > most.length ? one : most), stretch);
    stretch.push(...longest.splice(longest.length - Math.ceil(longest.length / 2)));
  }
}

function part(rows: number, takers: number, most: number): number {
  return Math.min(most, Math.max(1, Math.ceil(rows / (2 * takers))));
}
