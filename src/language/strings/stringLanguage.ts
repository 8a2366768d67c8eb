import {
  ALL_STRINGS,
  type Dfa,
  intersection,
  type Lengths,
  listAutomaton,
  TooManyStates,
  withLengths,
} from "../automata/index.js";
import { BoundedMemo } from "../boundedMemo.js";
import { parsePattern, searchAutomaton, UnsupportedPattern } from "../expressions/index.js";
import { hasLanguageRoom, spendLanguage } from "../languageBudget.js";
import { formatExpression, isStandardFormat } from "./formats.js";

/** What a JSON string may hold. With an automaton: the strings that it accepts, `min` 0 and `max` null. Without: any
 *  string of `min` to `max` code points, `max` null for any number. */
export interface StringContent {
  readonly automaton: Dfa | null;
  readonly min: number;
  readonly max: number | null;
}

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

/** Steps of a compilation that a unit of an expression's work costs, and an edge that is made. */
const STEPS_PER_WORK = 6;
const STEPS_PER_EDGE = 2;
/** Most steps of the automata that are joined to one. */
const MOST_STEPS = 5_000_000;
/** Of a state of a join that was given up, whose edges are not counted. */
const STEPS_PER_LOST_STATE = 20;
/** The name of what joining cost, until it has that of what was joined. */
const JOINING = "";
const NO_ROOM = "all automata of the schema would take too long";

/** What was made, or why there is none, and what that took: each part by its name, paid once a compilation. */
interface Made<Value> {
  readonly value: Value | UnsupportedString;
  readonly costs: ReadonlyMap<string, number>;
}

const contents = new BoundedMemo<Made<StringContent | null>>(KEPT);
const expressions = new BoundedMemo<Made<Dfa>>(KEPT);

/** The content of the JSON strings for which all literals hold; null when there is none. Alike literals give the same
 *  automaton, however often.
 *  @throws {UnsupportedString} with the reason in words */
export function compileStrings(literals: readonly StringLiteral[]): StringContent | null {
  const key = keyOf(literals);
  // lists and lengths cost no more than the schema that says them
  const isPlain = literals.every(({ facet }) => facet.kind === "values" || facet.kind === "length");
  if (!isPlain && !hasLanguageRoom(key)) throw new UnsupportedString(NO_ROOM);
  const made = contents.of(key, () => makeContent(key, literals), weightOfContent);
  if (isPlain && made.value instanceof UnsupportedString) throw made.value;
  return isPlain ? (made.value as StringContent | null) : paid(made);
}

/** Whether all literals hold for a value.
 *  @throws {UnsupportedString} */
export function isStringIn(literals: readonly StringLiteral[], value: string): boolean {
  return literals.every(({ facet, isNegated }) => holds(facet, value, isNegated) !== isNegated);
}

/** Long lists, asked about value by value. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(values: readonly string[]): ReadonlySet<string> {
  let set = sets.get(values);
  if (set === undefined) {
    set = new Set(values);
    sets.set(values, set);
  }
  return set;
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

function makeContent(key: string, literals: readonly StringLiteral[]): Made<StringContent | null> {
  const costs = new Map<string, number>();
  const value = orReason(() => contentOf(literals, costs));
  const edges = value === null || value instanceof UnsupportedString ? 0 : weightOf(value.automaton);
  costs.set(key, (costs.get(JOINING) ?? 0) + (1 + edges) * STEPS_PER_EDGE);
  costs.delete(JOINING);
  return { value, costs };
}

function orReason<Value>(make: () => Value): Value | UnsupportedString {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnsupportedString) return error;
    throw error;
  }
}

/** @throws {UnsupportedString} where there is none, or where the compilation has no room for it */
function paid<Value>({ value, costs }: Made<Value>): Value {
  for (const [key, steps] of costs) if (!spendLanguage(key, steps)) throw new UnsupportedString(NO_ROOM);
  if (value instanceof UnsupportedString) throw value;
  return value;
}

function weightOfContent({ value }: Made<StringContent | null>): number {
  return value === null || value instanceof UnsupportedString ? 1 : weightOf(value.automaton);
}

function weightOf(dfa: Dfa | null): number {
  return dfa === null ? 1 : dfa.edges.length + dfa.stateCount;
}

/** @param costs  takes what each expression cost */
function contentOf(literals: readonly StringLiteral[], costs: Map<string, number>): StringContent | null {
  const listed = listedValues(literals);
  if (listed !== null) return contentFrom(listAutomaton(listed.filter((value) => isStringIn(literals, value))));
  const lengths = lengthsOf(literals);
  const automata = literals.flatMap(({ facet, isNegated }) => {
    const made = automatonOf(facet, isNegated);
    if (made === null) return [];
    for (const [name, steps] of made.costs) costs.set(name, steps);
    if (made.value instanceof UnsupportedString) throw made.value;
    const total = [...costs.values()].reduce((sum, steps) => sum + steps, 0);
    if (total > MOST_STEPS) throw new UnsupportedString("it would take too long together with what stands beside it");
    return [{ dfa: made.value, isNegated }];
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
    const joined = automata.reduce((all, { dfa, isNegated }) => {
      if (all === ALL_STRINGS && !isNegated) return dfa;
      const both = intersection(all, dfa, isNegated, JOINED_STATES);
      costs.set(JOINING, (costs.get(JOINING) ?? 0) + weightOf(both) * STEPS_PER_EDGE);
      return both;
    }, ALL_STRINGS);
    return contentFrom(withLengths(joined, lengths, JOINED_STATES));
  } catch (error) {
    if (!(error instanceof TooManyStates)) throw error;
    costs.set(JOINING, (costs.get(JOINING) ?? 0) + JOINED_STATES * STEPS_PER_LOST_STATE);
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
function automatonOf(facet: StringFacet, isNegated: boolean): Made<Dfa> | null {
  switch (facet.kind) {
    case "length":
      return null;
    case "values":
      return { value: listAutomaton(facet.values), costs: new Map() };
    case "pattern":
      return expressionAutomaton(facet.source);
    case "format": {
      if (!isStandardFormat(facet.name)) return null;
      const source = formatExpression(facet.name, isNegated);
      if (source !== undefined) return expressionAutomaton(source);
      const reason = `no automaton follows what is not of the format "${facet.name}"`;
      return { value: new UnsupportedString(reason), costs: new Map() };
    }
  }
}

function expressionAutomaton(source: string): Made<Dfa> {
  return expressions.of(
    source,
    () => {
      let work = 1;
      const value = orReason(() =>
        makeExpression(source, (done) => {
          work = done;
        }),
      );
      return { value, costs: new Map([[`expression ${source}`, work * STEPS_PER_WORK]]) };
    },
    ({ value }) => (value instanceof UnsupportedString ? 1 : weightOf(value)),
  );
}

function makeExpression(source: string, onWork: (work: number) => void): Dfa {
  try {
    const dfa = searchAutomaton(parsePattern(source), EXPRESSION_STATES, onWork);
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
      return setOf(facet.values).has(value);
    case "format":
      if (facet.name === "regex") return isExpression(value);
      return isAccepted(facet, isNegated, value);
    default:
      return isAccepted(facet, isNegated, value);
  }
}

function isAccepted(facet: StringFacet, isNegated: boolean, value: string): boolean {
  const made = automatonOf(facet, isNegated);
  return made === null || paid(made).accepts(value);
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
