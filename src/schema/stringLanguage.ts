import { ALL_STRINGS, intersection, type Lengths, listAutomaton, TooManyStates, withLengths } from "./automata.js";
import { BoundedMemo } from "./boundedMemo.js";
import type { Dfa } from "./dfa.js";
import { formatExpression, isStandardFormat } from "./formats.js";
import type { StringContent } from "./ir.js";
import { parsePattern, UnsupportedPattern } from "./pattern.js";
import { searchAutomaton } from "./patternLanguage.js";

/** What a schema says of a string. Lengths are code points, `max` may be Infinity. */
export type StringFacet =
  | { readonly kind: "length"; readonly min: number; readonly max: number }
  | { readonly kind: "pattern"; readonly source: string }
  | { readonly kind: "format"; readonly name: string }
  | { readonly kind: "values"; readonly values: readonly string[] };

/** A facet that must hold, or must not. */
export interface StringLiteral {
  readonly facet: StringFacet;
  readonly isNegated: boolean;
}

/** The literals are right but no automaton here follows them; `message` says why. */
export class UnsupportedString extends Error {}

/** Most states of one expression's automaton, and of an automaton that joins several. */
const EXPRESSION_STATES = 20_000;
const JOINED_STATES = 65_536;
/** Edges and states that are kept in memory for schemas to come. */
const KEPT = 4_000_000;

const contents = new BoundedMemo<StringContent | null | UnsupportedString>(KEPT);
const expressions = new BoundedMemo<Dfa | UnsupportedString>(KEPT);

/** The content of the JSON strings for which all literals hold; null when there is none. Alike literals give the same
 *  automaton, however often.
 *  @throws {UnsupportedString} with the reason in words */
export function compileStrings(literals: readonly StringLiteral[]): StringContent | null {
  const content = contents.of(keyOf(literals), () => orReason(() => contentOf(literals)), weightOfContent);
  if (content instanceof UnsupportedString) throw content;
  return content;
}

/** Whether all literals hold for a value.
 *  @throws {UnsupportedString} */
export function isStringIn(literals: readonly StringLiteral[], value: string): boolean {
  return literals.every(({ facet, isNegated }) => holds(facet, value, isNegated) !== isNegated);
}

function keyOf(literals: readonly StringLiteral[]): string {
  const keys = literals.map(({ facet, isNegated }) => {
    const sign = isNegated ? "!" : "";
    if (facet.kind === "length") return `${sign}length ${facet.min} ${facet.max}`;
    if (facet.kind === "values") return `${sign}values ${JSON.stringify([...facet.values].sort())}`;
    return `${sign}${facet.kind} ${JSON.stringify(facet.kind === "pattern" ? facet.source : facet.name)}`;
  });
  return keys.length === 1 ? keys[0]! : [...new Set(keys)].sort().join("\n");
}

function orReason<Value>(make: () => Value): Value | UnsupportedString {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnsupportedString) return error;
    throw error;
  }
}

function weightOfContent(content: StringContent | null | UnsupportedString): number {
  return content === null || content instanceof UnsupportedString ? 1 : weightOf(content.automaton);
}

function weightOf(dfa: Dfa | null): number {
  return dfa === null ? 1 : dfa.edges.length + dfa.stateCount;
}

function contentOf(literals: readonly StringLiteral[]): StringContent | null {
  const listed = listedValues(literals);
  if (listed !== null) return contentFrom(listAutomaton(listed.filter((value) => isStringIn(literals, value))));
  const lengths = lengthsOf(literals);
  const automata = literals.flatMap(({ facet, isNegated }) => {
    const dfa = automatonOf(facet, isNegated);
    return dfa === null ? [] : [{ dfa, isNegated }];
  });
  if (automata.length === 0 && lengths.length <= 1) {
    const [only] = lengths;
    return only === undefined
      ? null
      : { automaton: null, min: only.min, max: Number.isFinite(only.max) ? only.max : null };
  }
  try {
    // the small ones first, and what must hold before what must not
    automata.sort((a, b) => Number(a.isNegated) - Number(b.isNegated) || a.dfa.stateCount - b.dfa.stateCount);
    const joined = automata.reduce(
      (all, { dfa, isNegated }) =>
        all === ALL_STRINGS && !isNegated ? dfa : intersection(all, dfa, isNegated, JOINED_STATES),
      ALL_STRINGS,
    );
    return contentFrom(withLengths(joined, lengths, JOINED_STATES));
  } catch (error) {
    if (!(error instanceof TooManyStates)) throw error;
    throw new UnsupportedString(`it would need more than ${JOINED_STATES} states together with what stands beside it`);
  }
}

function contentFrom(automaton: Dfa): StringContent | null {
  return automaton.stateCount === 0 ? null : { automaton, min: 0, max: null };
}

/** The values that stand in all of the lists that must hold; null when there is no list. */
function listedValues(literals: readonly StringLiteral[]): readonly string[] | null {
  const lists = literals.flatMap(({ facet, isNegated }) =>
    facet.kind === "values" && !isNegated ? [facet.values] : [],
  );
  return lists.sort((a, b) => a.length - b.length)[0] ?? null;
}

function lengthsOf(literals: readonly StringLiteral[]): Lengths {
  let lengths: Lengths = [{ min: 0, max: Number.POSITIVE_INFINITY }];
  for (const { facet, isNegated } of literals) {
    if (facet.kind === "length") lengths = narrowed(lengths, facet.min, facet.max, isNegated);
    // what no standard defines says nothing, so that its opposite holds for nothing
    if (facet.kind === "format" && isNegated && !isStandardFormat(facet.name)) lengths = [];
  }
  return lengths;
}

function narrowed(lengths: Lengths, min: number, max: number, isNegated: boolean): Lengths {
  const kept = isNegated
    ? [
        { min: 0, max: min - 1 },
        { min: max + 1, max: Number.POSITIVE_INFINITY },
      ]
    : [{ min, max }];
  return lengths
    .flatMap((one) => kept.map((other) => ({ min: Math.max(one.min, other.min), max: Math.min(one.max, other.max) })))
    .filter((one) => one.min <= one.max && Number.isFinite(one.min));
}

/** The automaton of a facet by itself; null for what is none: lengths, and formats that say nothing. */
function automatonOf(facet: StringFacet, isNegated: boolean): Dfa | null {
  switch (facet.kind) {
    case "length":
      return null;
    case "values":
      return listAutomaton(facet.values);
    case "pattern":
      return expressionAutomaton(facet.source);
    case "format": {
      if (!isStandardFormat(facet.name)) return null;
      const source = formatExpression(facet.name, isNegated);
      if (source === undefined)
        throw new UnsupportedString(`no automaton follows what is not of the format "${facet.name}"`);
      return expressionAutomaton(source);
    }
  }
}

function expressionAutomaton(source: string): Dfa {
  const dfa = expressions.of(
    source,
    () => orReason(() => makeExpression(source)),
    (made) => (made instanceof UnsupportedString ? 1 : weightOf(made)),
  );
  if (dfa instanceof UnsupportedString) throw dfa;
  return dfa;
}

function makeExpression(source: string): Dfa {
  try {
    const dfa = searchAutomaton(parsePattern(source), EXPRESSION_STATES);
    if (dfa !== null) return dfa;
  } catch (error) {
    // the stack, which an expression of ten thousand parts in a row may need
    if (error instanceof RangeError) throw new UnsupportedString("it is too long");
    if (error instanceof SyntaxError) throw new UnsupportedString("it is no regular expression");
    if (!(error instanceof UnsupportedPattern)) throw error;
    throw new UnsupportedString(`it has ${error.message}, which no automaton here follows`);
  }
  throw new UnsupportedString(`it needs more than ${EXPRESSION_STATES} states`);
}

function holds(facet: StringFacet, value: string, isNegated: boolean): boolean {
  switch (facet.kind) {
    case "length": {
      const length = codePointCount(value);
      return facet.min <= length && length <= facet.max;
    }
    case "values":
      return facet.values.includes(value);
    case "format":
      if (facet.name === "regex") return isExpression(value);
      return automatonOf(facet, isNegated)?.accepts(value) ?? true;
    default:
      return automatonOf(facet, isNegated)?.accepts(value) ?? true;
  }
}

function isExpression(value: string): boolean {
  try {
    return new RegExp(value, "u").unicode;
  } catch {
    return false;
  }
}

function codePointCount(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}
