import { InputError } from "../errors.js";
import { listed } from "../foreignText.js";
import { nearestName } from "../nearestName.js";

/** A part of the prompt: a column's value or literal text. */
export type PromptPart = { readonly column: string } | { readonly literal: string };

/** Reads the `column` option against the columns that are there: an entry that is no column's name is a literal
 *  separator, as in the batch-inference API; a word that nearly is a column's name is a mistake. At least one entry must
 *  be a column. Nothing is put between columns that stand side by side.
 *  @throws {InputError} ROWMILL_NO_SUCH_COLUMN naming the columns there are */
export function planPrompt(column: string | readonly string[], columns: readonly string[]): PromptPart[] {
  const entries = typeof column === "string" ? [column] : column;
  const known = new Set(columns);
  const parts = entries.map((entry) => (known.has(entry) ? { column: entry } : { literal: entry }));
  if (!parts.some((part) => "column" in part)) {
    throw noColumn(entries, columns, (entry) => nearestName(entry, columns));
  }
  const misspelt = wordsAsText(parts).filter((word) => nearColumn(word, columns) !== undefined);
  if (misspelt.length > 0) throw noColumn(misspelt, columns, (word) => nearColumn(word, columns));
  return parts;
}

function noColumn(
  words: readonly string[],
  columns: readonly string[],
  nearest: (word: string) => string | undefined,
): InputError {
  const near = [...new Set(words.flatMap((word) => nearest(word) ?? []))];
  const hint = near.length === 0 ? "" : `; did you mean ${listed(near)}?`;
  return new InputError(
    "ROWMILL_NO_SUCH_COLUMN",
    `no column ${listed(words)}: the columns are ${listed(columns)}${hint}`,
  );
}

/** The literals that are words rather than separators: more likely misspelt columns than anything that was meant. */
export function wordsAsText(parts: readonly PromptPart[]): string[] {
  return parts.flatMap((part) =>
    "literal" in part && /^[\p{L}\p{N}_]{3,}$/u.test(part.literal) ? [part.literal] : [],
  );
}

/** The column that a word may be a misspelling of; two wrong letters of three make another word. */
function nearColumn(word: string, columns: readonly string[]): string | undefined {
  return nearestName(word, columns, Math.min(2, Math.floor(word.length / 2)));
}

/** Columns that stand side by side with nothing between: their texts run into each other. */
export function sideBySide(parts: readonly PromptPart[]): (readonly [left: string, right: string])[] {
  return parts.flatMap((part, at) => {
    const next = parts[at + 1];
    return "column" in part && next !== undefined && "column" in next ? [[part.column, next.column] as const] : [];
  });
}

/** The prompt of each row: the parts joined in order; a null value is empty; null where every column of a row is null.
 *  @param valuesOf one array per column, each of `rowCount` texts */
export function joinColumns(
  parts: readonly PromptPart[],
  rowCount: number,
  valuesOf: (column: string) => readonly (string | null)[],
): (string | null)[] {
  const values = parts.map((part) => ("column" in part ? valuesOf(part.column) : null));
  const prompts: (string | null)[] = [];
  for (let row = 0; row < rowCount; row++) {
    let prompt = "";
    let hasValue = false;
    parts.forEach((part, at) => {
      if ("literal" in part) prompt += part.literal;
      else {
        const value = values[at]?.[row] ?? null;
        if (value !== null) hasValue = true;
        prompt += value ?? "";
      }
    });
    prompts.push(hasValue ? prompt : null);
  }
  return prompts;
}
