import { type Dfa, DfaBuilder } from "./dfa.js";
import type { Ranges } from "./ir.js";
import { END, type Language, type Languages, START } from "./language.js";

/** Expressions that a construction may make for each state that it may have. */
const EXPRESSIONS_PER_STATE = 20;

/** Turns a language over START string END into an automaton over the string alone.
 *  @returns null when it would have more than `stateLimit` states, or be as much work */
export function buildDfa(languages: Languages, language: Language, stateLimit: number): Dfa | null {
  const start = languages.derive(language, START);
  const indexes = new Map<Language, number>([[start, 0]]);
  const queue = [start];
  const builder = new DfaBuilder();
  const most = languages.size + stateLimit * EXPRESSIONS_PER_STATE;
  for (const state of queue) {
    if (languages.size > most) return null;
    const edges: { range: Ranges[number]; target: number }[] = [];
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
      for (const range of ranges) edges.push({ range, target });
    }
    edges.sort((a, b) => a.range[0] - b.range[0]);
    for (const { range, target } of edges) builder.edge(range[0], range[1], target);
    builder.endState(languages.derive(state, END).nullable);
  }
  return builder.build();
}
