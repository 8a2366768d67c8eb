/** How many rows are put in order at a time: few enough that memory stays flat, enough that rows that begin alike meet. */
export interface WindowLimits {
  readonly rows: number;
  /** UTF-16 code units of all prompts; a window closes with the row that reaches it. */
  readonly characters: number;
}

export const WINDOW: WindowLimits = { rows: 4096, characters: 8 * 1024 * 1024 };

/** Neighbours must share so many characters on average before rows leave the order in which they came: below it a few
 *  tokens would be saved and a plain list would be answered in no order that anybody expects. */
const LEAST_SHARED_CHARACTERS = 16;

/** Cuts rows that arrive in order into windows; the cuts depend on the rows alone. */
export class WindowCutter {
  #rows = 0;
  #characters = 0;

  constructor(private readonly limits: WindowLimits = WINDOW) {}

  /** Counts a row in.
   *  @returns whether the window ends with it */
  endsWith(prompt: string): boolean {
    this.#rows++;
    this.#characters += prompt.length;
    if (this.#rows < this.limits.rows && this.#characters < this.limits.characters) return false;
    this.#rows = 0;
    this.#characters = 0;
    return true;
  }
}

/** The order in which a window's rows share the longest beginnings with the row before: by their text, code unit by code
 *  unit. Texts that begin alike are token sequences that begin alike, but for the last token before they part, which may
 *  have swallowed the difference; so the text's order is the tokens' order, for every tokenizer and without one.
 *  @param prompts one a row, in row order
 *  @returns places in `prompts`, equal prompts in row order; `null` where sharing does not pay and row order stays */
export function orderByBeginnings(prompts: readonly string[]): Uint32Array | null {
  const order = sortedPlaces(prompts);
  const shared = sharedCharacters(prompts, order);
  return shared < LEAST_SHARED_CHARACTERS * (prompts.length - 1) || prompts.length < 2 ? null : order;
}

/** The part of the rows' text, from 0 to 1, that is the same as the beginning of a neighbour's once each window is
 *  sorted: what an engine that keeps beginnings need not read again. */
export function sharedTextShare(prompts: readonly string[], limits: WindowLimits = WINDOW): number {
  const cutter = new WindowCutter(limits);
  let shared = 0;
  let total = 0;
  let window: string[] = [];
  const close = (): void => {
    shared += sharedCharacters(window, sortedPlaces(window));
    window = [];
  };
  for (const prompt of prompts) {
    window.push(prompt);
    total += prompt.length;
    if (cutter.endsWith(prompt)) close();
  }
  close();
  return total === 0 ? 0 : shared / total;
}

function sortedPlaces(prompts: readonly string[]): Uint32Array {
  const text = (place: number): string => prompts[place] as string;
  return Uint32Array.from(prompts.keys()).sort((a, b) => {
    if (text(a) === text(b)) return a - b;
    return text(a) < text(b) ? -1 : 1;
  });
}

function sharedCharacters(prompts: readonly string[], order: Uint32Array): number {
  let shared = 0;
  for (let at = 1; at < order.length; at++)
    shared += commonLength(prompts[order[at - 1] as number] as string, prompts[order[at] as number] as string);
  return shared;
}

/** How far two sequences are the same from their beginning. */
export function commonLength<Sequence extends string | Uint32Array>(a: Sequence, b: Sequence): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}
