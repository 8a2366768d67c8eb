import { commonLength, orderByBeginnings, WindowCutter } from "../prompt/index.js";
import type { CountedRow } from "./rowCounter.js";

/** Counts the tokens that rows have in common with the row admitted before them, in the order in which the runner admits
 *  them: window by window, so that memory stays flat. */
export class SharedTokens {
  readonly #cutter = new WindowCutter();
  #window: CountedRow[] = [];
  #before: Uint32Array | null = null;
  #total = 0;

  /** @param frame the tokens around each row: before it, and before and behind it */
  constructor(private readonly frame: { readonly prefixTokens: number; readonly frameTokens: number }) {}

  /** Adds the next rows, in row order. */
  add(rows: readonly CountedRow[]): void {
    for (const row of rows) {
      this.#window.push(row);
      if (this.#cutter.endsWith(row.prompt ?? "")) this.#closeWindow();
    }
  }

  /** @returns how many tokens of all rows need not be computed */
  total(): number {
    this.#closeWindow();
    return this.#total;
  }

  #closeWindow(): void {
    const rows = this.#window;
    this.#window = [];
    const order = orderByBeginnings(rows.map(({ prompt }) => prompt ?? "")) ?? rows.keys();
    for (const place of order) {
      const ids = rows[place]?.ids ?? null;
      // a row that is too long never comes to the engine
      if (ids === null) continue;
      if (this.#before !== null) this.#total += this.#sharedBy(this.#before, ids);
      this.#before = ids;
    }
  }

  #sharedBy(before: Uint32Array, ids: Uint32Array): number {
    const { prefixTokens, frameTokens } = this.frame;
    const common = commonLength(before, ids);
    const isSame = common === ids.length && common === before.length;
    // the last token is always computed: from it comes the first one of the output
    const most = Math.max(0, frameTokens + ids.length - 1);
    return Math.min((isSame ? frameTokens : prefixTokens) + common, most);
  }
}
