import { distance } from "fastest-levenshtein";

/** No misspelling of a name is longer, and a word of a megabyte would be compared for minutes. */
const LONGEST_WORD = 200;
/** Letters from which on a word is taken for the beginning of a name. */
const SHORTEST_BEGINNING = 4;

/** The names that a word may be a misspelling of, the nearest first, upper and lower case taken for one letter: those that differ
 *  in few letters, and those that begin with it.
 *  @param mostEdits letters added, left out or changed at most: a third of the word's, but two in any word. Fewer where the word
 *    may well be meant as it stands; then no beginnings either */
export function nearestNames(word: string, names: readonly string[], mostEdits?: number): string[] {
  if (word.length > LONGEST_WORD) return [];
  const key = word.toLowerCase();
  const limit = mostEdits ?? Math.max(2, Math.floor(key.length / 3));
  const isBeginning = (name: string) =>
    mostEdits === undefined && key.length >= SHORTEST_BEGINNING && name.toLowerCase().startsWith(key);
  return names
    .filter((name) => name.length <= LONGEST_WORD)
    .map((name) => ({ name, edits: distance(key, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= limit || isBeginning(name))
    .sort((a, b) => a.edits - b.edits)
    .map(({ name }) => name);
}

/** The nearest of them, `undefined` where none is near. */
export function nearestName(word: string, names: readonly string[], mostEdits?: number): string | undefined {
  return nearestNames(word, names, mostEdits)[0];
}
