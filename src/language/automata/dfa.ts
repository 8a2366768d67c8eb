/** A deterministic automaton over code points, begun in state 0; from every state some accepting one can be reached.
 *  No states: the empty language. The edges of state s are the triples (first, last, target) from `edges[offsets[s]]` to
 *  `edges[offsets[s + 1]]`, ascending and disjoint. */
export class Dfa {
  static #made = 0;
  readonly #id = Dfa.#made++;

  /** @param accepting one flag a state
   *  @param offsets   one place in `edges` a state, and the end */
  constructor(
    readonly accepting: Uint8Array,
    readonly offsets: Uint32Array,
    readonly edges: Uint32Array,
  ) {}

  get stateCount(): number {
    return this.accepting.length;
  }

  /** The state after a code point, -1 when there is none. */
  next(state: number, codePoint: number): number {
    let low = this.offsets[state]! / 3;
    for (let high = this.offsets[state + 1]! / 3 - 1; low <= high; ) {
      const middle = (low + high) >> 1;
      if (codePoint < this.edges[3 * middle]!) high = middle - 1;
      else if (codePoint > this.edges[3 * middle + 1]!) low = middle + 1;
      else return this.edges[3 * middle + 2]!;
    }
    return -1;
  }

  accepts(value: string): boolean {
    let state = this.stateCount === 0 ? -1 : 0;
    for (const char of value) {
      if (state === -1) return false;
      state = this.next(state, char.codePointAt(0)!);
    }
    return state !== -1 && this.accepting[state] === 1;
  }

  /** Stands for the automaton where a grammar is compared as JSON: listing its edges would cost more than making it. */
  toJSON(): string {
    return `dfa ${this.#id}`;
  }
}

/** Collects an automaton state by state, in the order of their numbers. */
export class DfaBuilder {
  readonly #accepting: number[] = [];
  readonly #offsets: number[] = [0];
  #edges = new Uint32Array(96);
  #length = 0;
  #stateStart = 0;

  get stateCount(): number {
    return this.#accepting.length;
  }

  get edgeCount(): number {
    return this.#length / 3;
  }

  /** An edge of the state that is ended next; in ascending order. */
  edge(first: number, last: number, target: number): void {
    const end = this.#length;
    if (end > this.#stateStart && this.#edges[end - 1] === target && this.#edges[end - 2] === first - 1) {
      this.#edges[end - 2] = last;
      return;
    }
    if (end + 3 > this.#edges.length) {
      const grown = new Uint32Array(this.#edges.length * 2);
      grown.set(this.#edges);
      this.#edges = grown;
    }
    this.#edges[end] = first;
    this.#edges[end + 1] = last;
    this.#edges[end + 2] = target;
    this.#length = end + 3;
  }

  endState(isAccepting: boolean): void {
    this.#accepting.push(isAccepting ? 1 : 0);
    this.#offsets.push(this.#length);
    this.#stateStart = this.#length;
  }

  /** The automaton without the states from which nothing is accepted. */
  build(): Dfa {
    const edges = this.#edges.slice(0, this.#length);
    return withoutDeadEnds(new Dfa(new Uint8Array(this.#accepting), new Uint32Array(this.#offsets), edges));
  }
}

export const EMPTY_DFA = new Dfa(new Uint8Array(), new Uint32Array(1), new Uint32Array());

function withoutDeadEnds(dfa: Dfa): Dfa {
  const { stateCount, offsets, edges, accepting } = dfa;
  const isAlive = aliveStates(dfa);
  if (stateCount === 0 || isAlive[0] === 0) return EMPTY_DFA;
  if (isAlive.every((flag) => flag === 1)) return dfa;
  const renumbered = new Uint32Array(stateCount);
  let count = 0;
  for (let state = 0; state < stateCount; state++) if (isAlive[state] === 1) renumbered[state] = count++;
  const kept = new Uint32Array(edges.length);
  const keptOffsets = new Uint32Array(count + 1);
  let length = 0;
  for (let state = 0; state < stateCount; state++) {
    if (isAlive[state] === 0) continue;
    for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3) {
      const target = edges[at + 2]!;
      if (isAlive[target] === 0) continue;
      kept[length++] = edges[at]!;
      kept[length++] = edges[at + 1]!;
      kept[length++] = renumbered[target]!;
    }
    keptOffsets[renumbered[state]! + 1] = length;
  }
  return new Dfa(
    accepting.filter((_, state) => isAlive[state] === 1),
    keptOffsets,
    kept.slice(0, length),
  );
}

function aliveStates({ stateCount, offsets, edges, accepting }: Dfa): Uint8Array {
  // the sources of each state's incoming edges, as one list cut by `starts`
  const starts = new Uint32Array(stateCount + 1);
  for (let at = 2; at < edges.length; at += 3) starts[edges[at]! + 1]!++;
  for (let state = 0; state < stateCount; state++) starts[state + 1]! += starts[state]!;
  const sources = new Uint32Array(edges.length / 3);
  const filled = starts.slice();
  for (let state = 0; state < stateCount; state++) {
    for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3) sources[filled[edges[at + 2]!]!++] = state;
  }
  const isAlive = accepting.slice();
  const queue: number[] = [];
  isAlive.forEach((flag, state) => {
    if (flag === 1) queue.push(state);
  });
  for (const state of queue) {
    for (let at = starts[state]!; at < starts[state + 1]!; at++) {
      const source = sources[at]!;
      if (isAlive[source] === 1) continue;
      isAlive[source] = 1;
      queue.push(source);
    }
  }
  return isAlive;
}

/** The length of the longest way through an automaton whose states all lead to its end; Infinity with a circle.
 *  @param lengthOf  what an edge counts, by its first and last code point */
export function longestWay(
  { stateCount, offsets, edges }: Dfa,
  lengthOf: (first: number, last: number) => number,
): number {
  const incoming = new Uint32Array(stateCount);
  for (let at = 2; at < edges.length; at += 3) incoming[edges[at]!]!++;
  if (incoming[0] !== 0) return Number.POSITIVE_INFINITY;
  const lengths = new Float64Array(stateCount);
  const ready = [0];
  let longest = 0;
  for (const state of ready) {
    longest = Math.max(longest, lengths[state]!);
    for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3) {
      const target = edges[at + 2]!;
      lengths[target] = Math.max(lengths[target]!, lengths[state]! + lengthOf(edges[at]!, edges[at + 1]!));
      if (--incoming[target]! === 0) ready.push(target);
    }
  }
  return ready.length === stateCount ? longest : Number.POSITIVE_INFINITY;
}
