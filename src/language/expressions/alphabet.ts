import { type Ranges, SCALARS } from "../automata/index.js";

/** The mark behind a string: a symbol of its own, so that `$` is a look at what comes next. */
export const END = 0;

/** Code points that no set of an expression tells apart are one symbol. Symbols from 1 on are code points, 0 is END. */
export class Alphabet {
  readonly size: number;
  /** The code points that any symbol stands for, ascending: triples of first, last, symbol. */
  readonly pieces: readonly number[];
  readonly #symbols = new Map<Ranges, readonly number[]>();

  constructor(sets: ReadonlySet<Ranges>) {
    const all = [SCALARS, ...[...sets].filter((set) => set !== SCALARS)];
    const members: number[][] = all.map(() => []);
    const bySignature = new Map<string, number>();
    const triples: number[] = [];
    for (const { first, last, signature, sets: inside } of pieces(all)) {
      let symbol = bySignature.get(signature);
      if (symbol === undefined) {
        symbol = bySignature.size + 1;
        bySignature.set(signature, symbol);
        for (const set of inside) members[set]!.push(symbol);
      }
      triples.push(first, last, symbol);
    }
    this.size = bySignature.size + 1;
    this.pieces = triples;
    all.forEach((set, index) => {
      this.#symbols.set(set, members[index]!);
    });
  }

  /** The symbols of a set that the alphabet was made of, ascending. */
  symbolsOf(set: Ranges): readonly number[] {
    return this.#symbols.get(set)!;
  }
}

interface Piece {
  readonly first: number;
  readonly last: number;
  readonly signature: string;
  readonly sets: readonly number[];
}

/** Cuts the code points where any set begins or ends; what is in no set is left out, and what is no scalar value. */
function* pieces(sets: readonly Ranges[]): Generator<Piece> {
  const events: { readonly at: number; readonly set: number; readonly isStart: boolean }[] = [];
  sets.forEach((ranges, set) => {
    for (const [first, last] of ranges) {
      events.push({ at: first, set, isStart: true }, { at: last + 1, set, isStart: false });
    }
  });
  events.sort((a, b) => a.at - b.at);
  const inside = new Set<number>();
  for (let index = 0; index < events.length; ) {
    const { at } = events[index]!;
    for (; index < events.length && events[index]!.at === at; index++) {
      const { set, isStart } = events[index]!;
      if (isStart) inside.add(set);
      else inside.delete(set);
    }
    if (!inside.has(0) || index === events.length) continue;
    const list = [...inside].sort((a, b) => a - b);
    yield { first: at, last: events[index]!.at - 1, signature: list.join(), sets: list };
  }
}
