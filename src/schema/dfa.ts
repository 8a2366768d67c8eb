import { unionOf } from "./codePoints.js";
import type { Ranges } from "./ir.js";
import { END, type Language, type Languages, START } from "./language.js";

export interface DfaState {
  readonly isAccepting: boolean;
  readonly edges: readonly { readonly ranges: Ranges; readonly target: number }[];
}

/** A deterministic automaton over code points, begun in state 0; from every state some accepting one can be reached.
 *  No states: the empty language. */
export type Dfa = readonly DfaState[];

/** Expressions that a construction may make for each state that it may have. */
const EXPRESSIONS_PER_STATE = 20;

/** Turns a language over START string END into an automaton over the string alone.
 *  @returns null when it would have more than `stateLimit` states, or be as much work */
export function buildDfa(languages: Languages, language: Language, stateLimit: number): Dfa | null {
  const start = languages.derive(language, START);
  const indexes = new Map<Language, number>([[start, 0]]);
  const queue = [start];
  const states: DfaState[] = [];
  const most = languages.size + stateLimit * EXPRESSIONS_PER_STATE;
  for (const state of queue) {
    if (languages.size > most) return null;
    const edges = new Map<number, Ranges>();
    for (const ranges of languages.split(state)) {
      const next = languages.derive(state, ranges[0]![0]);
      if (next === languages.none) continue;
      let target = indexes.get(next);
      if (target === undefined) {
        target = queue.length;
        if (target >= stateLimit) return null;
        indexes.set(next, target);
        queue.push(next);
      }
      edges.set(target, unionOf(edges.get(target) ?? [], ranges));
    }
    states.push({
      isAccepting: languages.derive(state, END).nullable,
      edges: [...edges].map(([target, ranges]) => ({ ranges, target })),
    });
  }
  return withoutDeadEnds(states);
}

function withoutDeadEnds(states: readonly DfaState[]): Dfa {
  const sources: number[][] = states.map(() => []);
  states.forEach(({ edges }, source) => {
    for (const { target } of edges) sources[target]!.push(source);
  });
  const alive = new Set<number>();
  const queue = states.flatMap((state, index) => (state.isAccepting ? [index] : []));
  for (const index of queue) {
    if (alive.has(index)) continue;
    alive.add(index);
    queue.push(...sources[index]!);
  }
  if (!alive.has(0)) return [];
  const renumbered = new Map([...alive].sort((a, b) => a - b).map((index, place) => [index, place]));
  return [...renumbered.keys()].map((index) => {
    const { isAccepting, edges } = states[index]!;
    return {
      isAccepting,
      edges: edges
        .filter(({ target }) => alive.has(target))
        .map(({ ranges, target }) => ({ ranges, target: renumbered.get(target)! })),
    };
  });
}
