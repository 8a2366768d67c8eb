import { joinColumns, type PromptPart } from "./joinColumns.js";
import { sharedTextShare, WINDOW, WindowCutter, type WindowLimits } from "./orderByBeginnings.js";

/** The columns of a prompt in some order, and what it is worth. */
export interface ColumnOrder {
  readonly parts: readonly PromptPart[];
  /** Share of the sampled rows' text, from 0 to 1, that a row has in common with the beginning of another one. */
  readonly sharedText: number;
  /** The same for the order as given. */
  readonly sharedTextAsGiven: number;
}

/** A column with the text before it. */
interface Segment {
  /** Up to the label's first letter or digit: stays where it is. */
  readonly separator: string;
  /** From there on: belongs to the column. */
  readonly label: string;
  readonly column: string;
}

/** Puts a prompt's columns in the order in which rows share the longest beginnings: repeated columns first.
 *
 *  Greedy, after the idea of GGR (Liu et al., "Optimizing LLM Queries in Relational Data Analytics Workloads", MLSys
 *  2025): first the column for which Σ (rows with the same value − 1) × the value's length is largest, then the next one
 *  within the groups of rows that are equal so far; of equal columns the one that was given first. The order is taken
 *  only where the sample then shares more than as given, sorted window by window as the runner does.
 *
 *  Text between columns is cut at its first letter or digit. What stands before is a separator and stays in its place;
 *  the rest is a label and moves with the column behind it. Text behind the last column stays last:
 *
 *  ```
 *  ["Title: ", title, "\nCountry: ", country]  →  ["Country: ", country, "\nTitle: ", title]
 *  [text, " / ", product, "."]                 →  [product, " / ", text, "."]
 *  ["- ", text, "\n- by ", author]             →  ["- by ", author, "\n- ", text]
 *  ```
 *
 *  So it suits labels before their values, and not text that ends a value, as units or closing tags do.
 *  @param valuesOf the sample: one array a column, each of `rowCount` texts
 *  @returns the parts themselves where their order stays */
export function orderColumns(
  parts: readonly PromptPart[],
  rowCount: number,
  valuesOf: (column: string) => readonly (string | null)[],
  limits: WindowLimits = WINDOW,
): ColumnOrder {
  const promptsOf = (some: readonly PromptPart[]) => joinColumns(some, rowCount, valuesOf).map((text) => text ?? "");
  const given = promptsOf(parts);
  const sharedTextAsGiven = sharedTextShare(given, limits);
  const asGiven: ColumnOrder = { parts, sharedText: sharedTextAsGiven, sharedTextAsGiven };
  const { segments, ending } = segmentsOf(parts);
  const order = greedyOrder(segments, valuesOf, windowsOf(given, limits));
  if (order.every((place, at) => place === at)) return asGiven;
  const ordered = joinSegments(segments, order, ending);
  const sharedText = sharedTextShare(promptsOf(ordered), limits);
  return sharedText > sharedTextAsGiven ? { parts: ordered, sharedText, sharedTextAsGiven } : asGiven;
}

function segmentsOf(parts: readonly PromptPart[]): { segments: Segment[]; ending: string } {
  const segments: Segment[] = [];
  let text = "";
  for (const part of parts) {
    if ("literal" in part) {
      text += part.literal;
      continue;
    }
    const labelStart = text.search(/[\p{L}\p{N}]/u);
    const cut = labelStart < 0 ? text.length : labelStart;
    segments.push({ separator: text.slice(0, cut), label: text.slice(cut), column: part.column });
    text = "";
  }
  return { segments, ending: text };
}

function joinSegments(segments: readonly Segment[], order: readonly number[], ending: string): PromptPart[] {
  const literal = (text: string): PromptPart[] => (text === "" ? [] : [{ literal: text }]);
  const columns = order.flatMap((from, place) => {
    const { label, column } = segments[from] as Segment;
    return [...literal((segments[place] as Segment).separator + label), { column }];
  });
  return [...columns, ...literal(ending)];
}

/** The number of the window that each row falls into: rows of two windows never share. */
function windowsOf(prompts: readonly string[], limits: WindowLimits): Uint32Array {
  const cutter = new WindowCutter(limits);
  let window = 0;
  return Uint32Array.from(prompts, (prompt) => (cutter.endsWith(prompt) ? window++ : window));
}

/** A column's values as numbers, so that groups are compared without their texts. */
interface Interned {
  readonly ids: Uint32Array;
  readonly lengths: readonly number[];
}

function greedyOrder(
  segments: readonly Segment[],
  valuesOf: (column: string) => readonly (string | null)[],
  windows: Uint32Array,
): number[] {
  const columns = segments.map(({ column, label }) => intern(valuesOf(column), label.length));
  const left = [...columns.keys()];
  const order: number[] = [];
  let groups = windows;
  while (left.length > 0) {
    const refined = left.map((place) => refine(groups, columns[place] as Interned));
    let best = 0;
    for (let at = 1; at < refined.length; at++)
      if ((refined[at] as Refined).shared > (refined[best] as Refined).shared) best = at;
    order.push(...left.splice(best, 1));
    groups = (refined[best] as Refined).groups;
  }
  return order;
}

function intern(values: readonly (string | null)[], labelLength: number): Interned {
  const known = new Map<string, number>();
  const lengths: number[] = [];
  const ids = Uint32Array.from(values, (value) => {
    const text = value ?? "";
    const id = known.get(text);
    if (id !== undefined) return id;
    known.set(text, lengths.length);
    return lengths.push(text === "" ? 0 : labelLength + text.length) - 1;
  });
  return { ids, lengths };
}

interface Refined {
  /** Rows of one number were equal before and have the same value now. */
  readonly groups: Uint32Array;
  /** Σ over those groups of (rows − 1) × length. */
  readonly shared: number;
}

function refine(groups: Uint32Array, { ids, lengths }: Interned): Refined {
  const known = new Map<number, number>();
  let shared = 0;
  const refined = groups.map((group, row) => {
    const id = ids[row] as number;
    // a pair of two numbers below 2^20 is exact in a double
    const pair = group * lengths.length + id;
    const earlier = known.get(pair);
    if (earlier === undefined) {
      known.set(pair, known.size);
      return known.size - 1;
    }
    shared += lengths[id] as number;
    return earlier;
  });
  return { groups: refined, shared };
}
