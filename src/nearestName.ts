import { distance } from "fastest-levenshtein";

/** No misspelling of a name is longer, and a word of a megabyte would be compared for minutes. */
const LONGEST_WORD = 200;

/** The name that a word may be a misspelling of, upper and lower case taken for one letter.
 *  @param mostEdits letters added, left out or changed at most
 *  @returns `undefined` where none is that near */
export function nearestName(
  word: string,
  names: readonly string[],
  mostEdits = Number.POSITIVE_INFINITY,
): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const key = word.toLowerCase();
  let nearest: string | undefined;
  let fewest = mostEdits + 1;
  for (const name of names) {
    if (name.length > LONGEST_WORD) continue;
    const edits = distance(key, name.toLowerCase());
    if (edits < fewest) {
      nearest = name;
      fewest = edits;
    }
  }
  return nearest;
}
