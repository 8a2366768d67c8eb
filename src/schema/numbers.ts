import { fractionBetween, wholeBetween } from "./digits.js";
import { charsOf, choice, EMPTY, type IrNode, NEVER, optional, repeat, seq, text } from "./ir.js";

/** Most digits before the point where no bound asks for more: doubles hold all of them exactly, and it is an end to a
 *  greedy model's digits. */
const INTEGER_DIGITS = 15;
/** Longest fraction: as many digits as a double's shortest form has from 0.1 upwards. */
const FRACTION_DIGITS = 17;
const LARGEST = 10n ** BigInt(INTEGER_DIGITS) - 1n;
/** Largest integer that JSON.parse keeps apart from its neighbours: no bound is followed beyond it. */
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Most texts that a `multipleOf` within bounds is written out to. */
const MOST_MULTIPLES = 512;
/** Largest `multipleOf`, without its final zeros, that is followed digit by digit. */
const LARGEST_MODULUS = 64;
const MOST_MULTIPLE_RULES = 300;

/** Names a piece of the grammar, made at first use, and gives a reference to it. */
export type AddRule = (name: string, make: () => IrNode) => IrNode;

/** What a schema says of a number. Bounds are doubles; infinite when there are none. */
export interface NumberFacets {
  readonly isInteger: boolean;
  readonly low: number;
  readonly isLowExclusive: boolean;
  readonly high: number;
  readonly isHighExclusive: boolean;
  readonly multiples: readonly number[];
}

const FRACTION = optional(seq(text("."), repeat(charsOf("09"), 1, FRACTION_DIGITS)));
const MINUS = optional(text("-"));
const DIGIT = charsOf("09");
/** The forms that JSON.stringify gives to numbers below 1e-6 and from 1e21 up; never 0 and never infinite. */
const TINY = seq(
  charsOf("19"),
  FRACTION,
  text("e-"),
  choice(charsOf("79"), seq(charsOf("19"), DIGIT), seq(charsOf("12"), DIGIT, DIGIT)),
);
const HUGE = seq(
  charsOf("19"),
  FRACTION,
  text("e+"),
  choice(seq(text("2"), charsOf("19")), seq(charsOf("39"), DIGIT), seq(charsOf("12"), DIGIT, DIGIT)),
);

/** Exponents that keep a number of up to 15 digits finite. */
const EXPONENT = seq(
  charsOf("EE", "ee"),
  choice(
    seq(optional(text("+")), choice(repeat(charsOf("09"), 1, 2), seq(charsOf("12"), charsOf("07"), charsOf("09")))),
    seq(text("-"), repeat(charsOf("09"), 1, 3)),
  ),
);

/** Any number, any integer: every text parses to a finite double. */
export const NUMBER_RULES: Readonly<Record<string, IrNode>> = {
  number: seq(MINUS, wholeBetween(0n, LARGEST), FRACTION, optional(EXPONENT)),
  integer: choice(wholeBetween(0n, LARGEST), seq(text("-"), wholeBetween(1n, LARGEST))),
};

/** The texts of the numbers that a schema allows, of at most 15 digits before the point, or up to 2^53 - 1 where a bound
 *  reaches further.
 *  @returns null when `multipleOf` cannot be followed exactly */
export function numberNode(facets: NumberFacets, addRule: AddRule): IrNode | null {
  const bounds = withinExact(facets);
  const multiple = commonMultiple(facets.multiples);
  if (multiple === null) return null;
  if (facets.isInteger || multiple > 0n) {
    const [low, high] = [wholeLow(bounds), wholeHigh(bounds)];
    return multiple > 1n ? multiplesBetween(low, high, multiple, addRule) : integersBetween(low, high);
  }
  return decimalsBetween(bounds);
}

/** The bound that leaves only numbers which JSON.parse doesn't keep apart, null when none does. */
export function boundBeyondExact({ low, isLowExclusive, high, isHighExclusive }: NumberFacets): number | null {
  const largest = Number.MAX_SAFE_INTEGER;
  if (low > high) return null;
  if (low > largest || (low === largest && isLowExclusive)) return low;
  return high < -largest || (high === -largest && isHighExclusive) ? high : null;
}

/** Draws finite bounds in to what doubles tell apart. */
function withinExact(facets: NumberFacets): NumberFacets {
  const largest = Number.MAX_SAFE_INTEGER;
  return {
    ...facets,
    ...(Number.isFinite(facets.low) && facets.low < -largest ? { low: -largest, isLowExclusive: false } : {}),
    ...(Number.isFinite(facets.high) && facets.high > largest ? { high: largest, isHighExclusive: false } : {}),
  };
}

function doubleBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

/** The largest whole number where there is no upper bound, for numbers from `low` up. */
function openEnd(low: number): bigint {
  return low > Number(LARGEST) ? SAFE : LARGEST;
}

function wholeLow({ low, isLowExclusive, high }: NumberFacets): bigint {
  if (!Number.isFinite(low)) return -openEnd(-high);
  const ceiling = BigInt(Math.ceil(low));
  return isLowExclusive && Number.isInteger(low) ? ceiling + 1n : ceiling;
}

function wholeHigh({ low, high, isHighExclusive }: NumberFacets): bigint {
  if (!Number.isFinite(high)) return openEnd(low);
  const floor = BigInt(Math.floor(high));
  return isHighExclusive && Number.isInteger(high) ? floor - 1n : floor;
}

function integersBetween(bottom: bigint, top: bigint): IrNode {
  const positive = top >= 0n && bottom <= top ? wholeBetween(bottom > 0n ? bottom : 0n, top) : NEVER;
  const least = top < 0n ? -top : 1n;
  const negative = bottom < 0n && -bottom >= least ? seq(text("-"), wholeBetween(least, -bottom)) : NEVER;
  return choice(positive, negative);
}

/** @returns 0 when there is no `multipleOf`, null when one is no whole number */
function commonMultiple(multiples: readonly number[]): bigint | null {
  let common = 0n;
  for (const multiple of multiples) {
    if (!Number.isSafeInteger(multiple)) return null;
    const step = BigInt(multiple);
    common = common === 0n ? step : (common / greatestDivisor(common, step)) * step;
  }
  return common;
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

function multiplesBetween(low: bigint, high: bigint, step: bigint, addRule: AddRule): IrNode | null {
  const first = low >= 0n ? (low + step - 1n) / step : low / step;
  const last = high >= 0n ? high / step : -((-high + step - 1n) / step);
  if (last - first < BigInt(MOST_MULTIPLES)) {
    const texts: IrNode[] = [];
    for (let factor = first; factor <= last; factor++) {
      texts.push(text(String(factor * step)));
    }
    return choice(...texts);
  }
  const isUnbound = low <= -LARGEST && high >= LARGEST;
  const isPositive = low >= 0n && low <= step && high >= LARGEST;
  if (Number(String(step).replace(/0+$/, "")) > LARGEST_MODULUS || step > 10n ** 12n || (!isUnbound && !isPositive))
    return null;
  const positive = choice(low > 0n ? NEVER : text("0"), positiveMultiples(Number(step), addRule));
  return isUnbound ? choice(positive, seq(text("-"), positiveMultiples(Number(step), addRule))) : positive;
}

/** Positive multiples of a step, read digit by digit with one rule for each remainder and number of digits left. At most
 *  15 digits, which doubles hold exactly, and fewer where the rules would be too many. */
function positiveMultiples(step: number, addRule: AddRule): IrNode {
  const zeros = /0*$/.exec(String(step))![0].length;
  const base = step / 10 ** zeros;
  const digits = Math.max(3, Math.min(15 - zeros, Math.floor(MOST_MULTIPLE_RULES / base)));
  const after = (remainder: number, left: number): IrNode =>
    addRule(`multiple-${base}-${remainder}-${left}`, () =>
      choice(remainder === 0 ? EMPTY : NEVER, ...(left === 0 ? [] : byDigit(0, remainder, left))),
    );
  const byDigit = (from: number, remainder: number, left: number): IrNode[] =>
    Array.from({ length: 10 - from }, (_, index) => from + index).map((digit) =>
      seq(text(String(digit)), after((remainder * 10 + digit) % base, left - 1)),
    );
  return seq(choice(...byDigit(1, 0, digits)), text("0".repeat(zeros)));
}

function decimalsBetween(bounds: NumberFacets): IrNode | null {
  const { low, high, isLowExclusive, isHighExclusive } = bounds;
  const options: IrNode[] = [];
  if (high >= 0) {
    const from =
      low > 0 ? { value: low, isExclusive: isLowExclusive } : { value: 0, isExclusive: low === 0 && isLowExclusive };
    options.push(magnitudes(from.value, from.isExclusive, high, isHighExclusive));
  }
  if (low < 0) {
    const from = high < 0 ? { value: -high, isExclusive: isHighExclusive } : { value: 0, isExclusive: true };
    options.push(seq(text("-"), magnitudes(from.value, from.isExclusive, -low, isLowExclusive)));
  }
  return choice(...options);
}

/** Decimals without sign from `low` to `high`, 0 <= low. A text within the shortest decimal form of a bound is read as a
 *  double within the bound, since reading rounds monotonically; at an exclusive bound the number of places is kept below
 *  what a double tells apart there. */
function magnitudes(low: number, isLowExclusive: boolean, high: number, isHighExclusive: boolean): IrNode {
  if (low > high || (low === high && (isLowExclusive || isHighExclusive))) return NEVER;
  const isOpen = high === Number.POSITIVE_INFINITY;
  const exclusive = Math.max(isLowExclusive ? low : 0, isHighExclusive && !isOpen ? high : 0);
  const places = exclusive === 0 ? FRACTION_DIGITS : Math.max(0, Math.min(FRACTION_DIGITS, placesApart(exclusive)));
  const [lowWhole, lowDigits] = decimalOf(low);
  const [highWhole, highDigits] = isOpen ? [openEnd(low) + 1n, ""] : decimalOf(high);
  const lowBound = { digits: lowDigits, isExclusive: isLowExclusive };
  const highBound = { digits: highDigits, isExclusive: isHighExclusive };
  const options: IrNode[] = [];
  if (lowWhole === highWhole) options.push(seq(text(String(lowWhole)), fractionBetween(lowBound, highBound, places)));
  else {
    // a bound of nothing but zeros leaves its whole number like any other
    const isLowOpen = lowDigits === "" && !isLowExclusive;
    const first = isLowOpen ? lowWhole : lowWhole + 1n;
    if (!isLowOpen) options.push(seq(text(String(lowWhole)), fractionBetween(lowBound, null, places)));
    if (first < highWhole) options.push(seq(wholeBetween(first, highWhole - 1n), fractionBetween(null, null, places)));
    if (!isOpen) options.push(seq(text(String(highWhole)), fractionBetween(null, highBound, places)));
  }
  if (low === 0 && high > 1e-6) options.push(TINY);
  if (isOpen) options.push(HUGE);
  return choice(...options);
}

/** Decimal places that neighbouring doubles at a value still tell apart. */
function placesApart(value: number): number {
  return Math.floor(-Math.log10(value - doubleBelow(value)));
}

/** The shortest decimal form: the whole number, and the digits after the point without trailing zeros. */
function decimalOf(value: number): [bigint, string] {
  const [mantissa, exponent] = value.toExponential().split("e");
  const digits = mantissa!.replace(".", "");
  const point = Number(exponent) + 1;
  if (point <= 0) return [0n, (digits === "0" ? "" : "0".repeat(-point) + digits).replace(/0+$/, "")];
  const whole = digits.slice(0, point).padEnd(point, "0");
  return [BigInt(whole), digits.slice(point).replace(/0+$/, "")];
}
