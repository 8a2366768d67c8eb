import { BoundedMemo } from "../boundedMemo.js";
import { hasLanguageRoom, spendLanguage } from "../languageBudget.js";
import { decimalOf, isMultiple, type Numeric, scaledOf } from "./decimal.js";
import { doubleAbove, doubleBelow } from "./doubles.js";
import { isFractional, isWhole, modulusOf, multipleAcceptor, type NumberAcceptor } from "./numberAcceptors.js";
import { type NumberAutomaton, numberAutomaton, sharedStates } from "./numberAutomaton.js";
import { comparison } from "./numberComparison.js";
import type { NumberForms } from "./numberShape.js";

/** A condition on a number, which must hold or must not. */
export interface NumberLiteral {
  readonly kind: "integer" | "multipleOf" | "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "values";
  readonly value?: Numeric | readonly Numeric[];
  readonly isNegated: boolean;
}

/** `intended`: at most 15 digits before the point (as many as a bound has that reaches further) and 17 behind it, no 1.0 for
 *  an integer, exponents only where JSON.stringify writes them. `full`: every JSON number whose value is right, as far as
 *  that can be told from its characters one by one, of any number of digits. */
export type NumberReading = "intended" | "full";

/** The literals are right but can't be followed digit by digit; `message` says why. */
export class UnsupportedNumber extends Error {}

/** Where the intended reading ends without bounds: doubles hold all integers of so many digits exactly. */
const WHOLE_DIGITS = 15;
const LARGEST = 10 ** WHOLE_DIGITS - 1;
const FRACTION_DIGITS = 17;
const FULL_DIGITS = Number.POSITIVE_INFINITY;
const MOST_STATES = 20_000;
/** States, each counted as often as there are acceptors to follow. */
const MOST_FOLLOWED = 100_000;
/** In the intended reading, remainders times digits; a number has at least so many. */
const MOST_COUNTED = 6000;
const FEWEST_DIGITS = 6;
/** In the full reading, remainders of which each digit is counted. */
const LARGEST_COUNTED = 64;
/** Most texts that a `multipleOf` within bounds is written out to. */
const MOST_MULTIPLES = 512;

/** About so many become one rule: what a grammar costs to keep. */
const STATES_PER_RULE = 8;
/** What a state costs for each acceptor that it follows, and a rule that is written, in steps of a compilation. */
const STEPS_PER_STATE = 22;
const STEPS_PER_RULE = 500;

interface Bound {
  readonly value: Numeric;
  readonly isStrict: boolean;
}

/** What all literals say together. */
interface NumberFacets {
  readonly isInteger: boolean;
  readonly isFractional: boolean;
  readonly low: Bound | null;
  readonly high: Bound | null;
  readonly steps: readonly Numeric[];
  readonly otherSteps: readonly Numeric[];
  readonly excluded: readonly Numeric[];
}

/** The JSON numbers that literals leave. */
export type NumberContent =
  /** All of them, or all integers. */
  | { readonly kind: "number" }
  | { readonly kind: "integer" }
  /** Few, each to be written by itself; none at all where the list is empty. */
  | {
      readonly kind: "values";
      readonly values: readonly Numeric[];
      /** Whether a large one may also have the exponent that JSON.stringify gives it. */
      readonly mayHaveExponent: boolean;
    }
  | {
      readonly kind: "automaton";
      /** The literals in words of letters, digits and "-". */
      readonly name: string;
      readonly automaton: NumberAutomaton;
      /** See sharedStates. */
      readonly shared: Uint8Array;
    };

const NONE: NumberContent = { kind: "values", values: [], mayHaveExponent: false };

/** What literals leave, or why it can't be followed. */
interface Made {
  readonly content: NumberContent | UnsupportedNumber;
  /** What it took, in the steps of a compilation. */
  readonly steps: number;
}

const contents = new BoundedMemo<Made>(200_000);

/** The JSON numbers for which all literals hold. Alike literals give the same content, however often.
 *  @throws {UnsupportedNumber} */
export function compileNumbers(literals: readonly NumberLiteral[], reading: NumberReading): NumberContent {
  if (literals.length === 0) return { kind: "number" };
  if (literals.every(({ kind, isNegated }) => kind === "integer" && !isNegated)) return { kind: "integer" };
  const name = nameOf(literals);
  const key = `${reading} number ${name}`;
  if (!hasLanguageRoom(key)) throw new UnsupportedNumber(NO_ROOM);
  const { content, steps } = contents.of(
    key,
    () => contentOf(literals, reading, name),
    (made) => 1 + rulesOf(made.content) * STATES_PER_RULE,
  );
  if (!spendLanguage(key, steps)) throw new UnsupportedNumber(NO_ROOM);
  if (content instanceof UnsupportedNumber) throw content;
  return content;
}

const NO_ROOM = "all automata of the schema would take too long";

function contentOf(literals: readonly NumberLiteral[], reading: NumberReading, name: string): Made {
  let steps = literals.length;
  const made = make(literals, reading, (count) => {
    steps += count * STEPS_PER_STATE;
  });
  if (made instanceof UnsupportedNumber || !("accepting" in made)) return { content: made, steps };
  if (made.accepting.length === 0) return { content: NONE, steps };
  const content = { kind: "automaton", name, automaton: made, shared: sharedStates(made) } as const;
  return { content, steps: steps + rulesOf(content) * STEPS_PER_RULE };
}

/** Rules that are written for it. */
function rulesOf(content: NumberContent | UnsupportedNumber): number {
  if (content instanceof UnsupportedNumber || content.kind !== "automaton") return 0;
  return content.shared.reduce((sum, isShared) => sum + isShared, 0);
}

/** Whether all literals hold for a value. */
export function isNumberIn(literals: readonly NumberLiteral[], value: Numeric): boolean {
  return literals.every((literal) => holds(literal, value) !== literal.isNegated);
}

function holds({ kind, value: given }: NumberLiteral, value: Numeric): boolean {
  const bound = given as Numeric;
  switch (kind) {
    case "integer":
      return isInteger(value);
    case "multipleOf":
      return isMultiple(value, bound);
    case "minimum":
      return value >= bound;
    case "maximum":
      return value <= bound;
    case "exclusiveMinimum":
      return value > bound;
    case "exclusiveMaximum":
      return value < bound;
    case "values":
      // 5 and 5n are one number
      return listOf(given).some((one) => one >= value && one <= value);
  }
}

function listOf(value: Numeric | readonly Numeric[] | undefined): readonly Numeric[] {
  return typeof value === "number" || typeof value === "bigint" ? [value] : (value ?? []);
}

/** The literals in words of letters, digits and "-": equal for equal conditions, different for others. */
function nameOf(literals: readonly NumberLiteral[]): string {
  const words = literals.map(({ kind, value, isNegated }) => {
    const numbers = [...listOf(value)].sort((a, b) => (a < b ? -1 : 1)).map((one) => spelledOut(one));
    return [isNegated ? "no-" : "", kind, ...numbers.map((one) => `-${one}`)].join("");
  });
  return [...new Set(words)].sort().join("--");
}

function spelledOut(value: Numeric): string {
  return String(value).replace("e-", "em").replace("e+", "e").replace("-", "m").replace(".", "p");
}

function make(
  literals: readonly NumberLiteral[],
  reading: NumberReading,
  onStates: (count: number) => void,
): NumberAutomaton | NumberContent | UnsupportedNumber {
  const isFull = reading === "full";
  const lists = literals.filter(({ kind, isNegated }) => kind === "values" && !isNegated);
  if (lists.length > 0) {
    const values = listOf(lists[0]!.value).filter((value) => isNumberIn(literals, value));
    return { kind: "values", values, mayHaveExponent: false };
  }
  const facets = facetsOf(literals);
  const { low, high } = facets;
  if (low !== null && high !== null && low.value > high.value) return NONE;
  const step = commonStep(facets);
  const multiples = multiplesBetween(facets, step, literals);
  if (multiples !== null) return { kind: "values", values: multiples, mayHaveExponent: false };
  const acceptors = acceptorsOf(facets, step, isFull);
  if (acceptors === null) return new UnsupportedNumber("the multiples of this number can't be followed digit by digit");
  const forms = formsOf(facets, step, isFull);
  if (!isFull && forms.wholeDigits > WHOLE_DIGITS) acceptors.push(...sidesWithin(facets, forms));
  const mostStates = Math.min(MOST_STATES, Math.floor(MOST_FOLLOWED / (acceptors.length + 1)));
  const made = numberAutomaton(forms, acceptors, mostStates, onStates);
  if (made === null) return new UnsupportedNumber(`it needs more than ${mostStates} states`);
  if (made.accepting.length > 0) return made;
  // what is followed is a little less than all numbers: none of it need not mean none at all
  const near = valuesNearBounds(facets).filter((value) => isNumberIn(literals, value));
  // a number that is no integer by its type may have the exponent that JSON.stringify gives it
  if (near.length > 0) return { kind: "values", values: near, mayHaveExponent: !isFull && !facets.isInteger };
  return areOpposed(facets) ? made : new UnsupportedNumber("no number that can be followed is left");
}

/** The bounds and the doubles next to them on their inner sides: between bounds that leave nothing to follow, all or the most
 *  of what there is. Of multiples they say nothing. */
function valuesNearBounds({ low, high, steps }: NumberFacets): Numeric[] {
  if (steps.length > 0) return [];
  const values = new Set<Numeric>();
  if (low !== null) values.add(low.value).add(valueAbove(low.value));
  if (high !== null) values.add(high.value).add(valueBelow(high.value));
  return [...values].filter((value) => typeof value === "bigint" || Number.isFinite(value));
}

/** The next one of which an integer or a double is sure. */
function valueAbove(value: Numeric): Numeric {
  return typeof value === "bigint" ? value + 1n : doubleAbove(value);
}

function valueBelow(value: Numeric): Numeric {
  return typeof value === "bigint" ? value - 1n : doubleBelow(value);
}

function isInteger(value: Numeric): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Whether plainly no number satisfies all conditions. */
function areOpposed({ low, high, isInteger: isWholeOnly, isFractional: isBroken }: NumberFacets): boolean {
  if (isWholeOnly && isBroken) return true;
  if (low === null || high === null) return false;
  // an integer's bounds are whole already
  const first = low.isStrict ? valueAbove(low.value) : low.value;
  const last = high.isStrict ? valueBelow(high.value) : high.value;
  return first > last;
}

function facetsOf(literals: readonly NumberLiteral[]): NumberFacets {
  let low: Bound | null = null;
  let high: Bound | null = null;
  const raise = (value: Numeric, isStrict: boolean) => {
    if (low === null || value > low.value || (value === low.value && isStrict)) low = { value, isStrict };
  };
  const lower = (value: Numeric, isStrict: boolean) => {
    if (high === null || value < high.value || (value === high.value && isStrict)) high = { value, isStrict };
  };
  for (const { kind, value, isNegated } of literals) {
    const bound = value as Numeric;
    const isStrict = kind.startsWith("exclusive") !== isNegated;
    if (kind === "minimum" || kind === "exclusiveMinimum") (isNegated ? lower : raise)(bound, isStrict);
    if (kind === "maximum" || kind === "exclusiveMaximum") (isNegated ? raise : lower)(bound, isStrict);
  }
  const of = (kind: NumberLiteral["kind"], isNegated: boolean) =>
    literals.filter((literal) => literal.kind === kind && literal.isNegated === isNegated);
  const isInteger = of("integer", false).length > 0;
  return {
    isInteger,
    isFractional: of("integer", true).length > 0,
    low: isInteger ? wholeBound(low, 1) : low,
    high: isInteger ? wholeBound(high, -1) : high,
    steps: of("multipleOf", false).map(({ value }) => value as Numeric),
    otherSteps: of("multipleOf", true).map(({ value }) => value as Numeric),
    excluded: of("values", true).flatMap(({ value }) => listOf(value)),
  };
}

/** More than 15 digits only on the side of a bound that reaches there, and what a double does not hold exactly only on that of
 *  one which is such a number itself. */
function sidesWithin({ low, high }: NumberFacets, forms: NumberForms): NumberAcceptor[] {
  const hasExponents = forms.exponents !== "none";
  return [LARGEST, Number.MAX_SAFE_INTEGER].map((limit) => {
    const reaches = (isNegative: boolean) =>
      [low, high].some((bound) => bound !== null && bound.value < 0 === isNegative && magnitude(bound.value) > limit);
    return comparison(limit, (isNegative, order) => order <= 0 || reaches(isNegative), false, hasExponents);
  });
}

function magnitude(value: Numeric): Numeric {
  return value < 0 ? -value : value;
}

/** The first integer within a bound. */
function wholeBound(bound: Bound | null, inward: 1 | -1): Bound | null {
  if (bound === null) return null;
  const { value, isStrict } = bound;
  if (typeof value === "bigint" || magnitude(value) >= Number.MAX_SAFE_INTEGER) {
    const whole = BigInt(value);
    return { value: isStrict ? whole + BigInt(inward) : whole, isStrict: false };
  }
  const nearest = inward === 1 ? Math.ceil(value) : Math.floor(value);
  return { value: isStrict && nearest === value ? nearest + inward : nearest, isStrict: false };
}

interface Step {
  readonly factor: bigint;
  readonly places: number;
}

/** The least common multiple of all steps, with 1 for integers; null when there is none. */
function commonStep({ steps, isInteger }: NumberFacets): Step | null {
  const all = [...steps.map(scaledOf), ...(isInteger && steps.length > 0 ? [{ factor: 1n, places: 0 }] : [])];
  if (all.length === 0) return null;
  const places = Math.max(0, ...all.map((one) => one.places));
  const factors = all.map((one) => one.factor * 10n ** BigInt(places - one.places));
  let common = factors.reduce((a, b) => (a / greatestDivisor(a, b)) * b);
  let left = places;
  for (; left > 0 && common % 10n === 0n; left--) common /= 10n;
  return { factor: common, places: left };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

/** @returns null when a step can't be followed */
function acceptorsOf(facets: NumberFacets, step: Step | null, isFull: boolean): NumberAcceptor[] | null {
  const { low, high, isInteger, otherSteps, excluded } = facets;
  const hasExponents = exponentsOf(facets, step, isFull) !== "none";
  const acceptors: NumberAcceptor[] = [];
  if (step !== null && !(step.factor === 1n && step.places === 0)) {
    const acceptor = multipleAcceptor(step.factor, step.places, false);
    if (acceptor === null) return null;
    acceptors.push(acceptor);
  } else if (isInteger || step !== null) acceptors.push(isWhole);
  if (facets.isFractional) acceptors.push(isFractional);
  for (const other of otherSteps) {
    const { factor, places } = scaledOf(other);
    const shift = Math.max(0, -places);
    const acceptor = multipleAcceptor(factor * 10n ** BigInt(shift), places + shift, true);
    if (acceptor === null) return null;
    acceptors.push(acceptor);
  }
  if (low !== null) {
    const { value, isStrict } = low;
    acceptors.push(
      comparison(value, (isNegative, order) => compares(isNegative, order, value, isStrict), isStrict, hasExponents),
    );
  }
  if (high !== null) {
    const { value, isStrict } = high;
    // what is at most b is, with its sign turned, at least -b
    const isRight = (isNegative: boolean, order: number) => compares(!isNegative, order, -value, isStrict);
    acceptors.push(comparison(value, isRight, isStrict, hasExponents));
  }
  for (const value of new Set(excluded)) {
    const isRight = (isNegative: boolean, order: number) => order !== 0 || (value !== 0 && isNegative !== value < 0);
    const isExact = isInteger && (typeof value === "bigint" || Number.isSafeInteger(value));
    acceptors.push(comparison(value, isRight, !isExact, hasExponents));
  }
  return acceptors;
}

/** Whether a number of that sign, whose magnitude stands in that order to the bound's, is at least the bound, or more. */
function compares(isNegative: boolean, order: number, bound: Numeric, isStrict: boolean): boolean {
  if (bound === 0) return order === 0 ? !isStrict : !isNegative;
  if (bound > 0) return !isNegative && (isStrict ? order > 0 : order >= 0);
  return !isNegative || (isStrict ? order < 0 : order <= 0);
}

function exponentsOf(
  { otherSteps, isInteger }: NumberFacets,
  step: Step | null,
  isFull: boolean,
): NumberForms["exponents"] {
  const isOnlyWhole = step === null || (step.factor === 1n && step.places === 0);
  if (otherSteps.length > 0 || !isOnlyWhole) return "none";
  if (isFull) return "any";
  return isInteger || step !== null ? "none" : "tame";
}

function formsOf(facets: NumberFacets, step: Step | null, isFull: boolean): NumberForms {
  const { low, high, isInteger } = facets;
  const bounds = [low, high].flatMap((bound) => (bound === null ? [] : [bound.value]));
  const points = bounds.map((bound) => decimalOf(bound).point);
  const exponents = exponentsOf(facets, step, isFull);
  const modulus = [step?.factor ?? 1n, ...facets.otherSteps.map((other) => scaledOf(other).factor)]
    .map(modulusOf)
    .reduce((product, one) => product * one, 1);
  if (isFull) {
    const counted = Math.max(FULL_DIGITS, ...points.map((point) => point + 1));
    return {
      // remainders with digits counted are too many states
      wholeDigits: modulus > LARGEST_COUNTED ? Number.POSITIVE_INFINITY : counted,
      fractionDigits: FULL_DIGITS,
      exponents,
      hasMinusZero: true,
    };
  }
  const fractionDigits = step !== null ? step.places : isInteger ? 0 : FRACTION_DIGITS;
  const isBeyondSafe = (low?.value ?? 0) > Number.MAX_SAFE_INTEGER || (high?.value ?? 0) < -Number.MAX_SAFE_INTEGER;
  const reachesFurther = points.some((point) => point > WHOLE_DIGITS);
  const tame = Math.min(WHOLE_DIGITS, Math.max(FEWEST_DIGITS, Math.floor(MOST_COUNTED / modulus)));
  const furthest = reachesFurther && tame === WHOLE_DIGITS ? Math.max(tame, ...points) : tame;
  const wholeDigits = isBeyondSafe ? Math.max(...points) + 1 : furthest;
  return { wholeDigits, fractionDigits, exponents, hasMinusZero: false };
}

/** The numbers themselves where multiples are few; null where they are many, or there is none to be a multiple of. */
function multiplesBetween(
  { low, high, isInteger, steps, otherSteps }: NumberFacets,
  step: Step | null,
  literals: readonly NumberLiteral[],
): Numeric[] | null {
  if (low === null || high === null || steps.length + otherSteps.length === 0) return null;
  if (step === null && !isInteger) return null;
  if (typeof low.value === "bigint" || typeof high.value === "bigint") return null;
  const { factor, places } = step ?? { factor: 1n, places: 0 };
  const size = Number(factor) / 10 ** places;
  const [first, last] = [Math.ceil(low.value / size) - 1, Math.floor(high.value / size) + 1];
  if (last - first > MOST_MULTIPLES || !Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return null;
  const multiples = Array.from({ length: last - first + 1 }, (_, index) => BigInt(first + index) * factor);
  // as decimals, since a product of doubles is not always the double next to the product
  return multiples.map((scaled) => Number(`${scaled}e-${places}`)).filter((value) => isNumberIn(literals, value));
}
