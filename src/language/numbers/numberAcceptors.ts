import type { Role } from "./numberShape.js";

/** Follows a number's text character by character to what is asked of its value. */
export interface NumberAcceptor {
  readonly start: NumberState;
  /** null: no text that goes on like this is known to be right. */
  next(state: NumberState, role: Role, digit: number): NumberState | null;
  accepts(state: NumberState): boolean;
}

/** Small whole numbers, each acceptor's own; equal ones are the same state. */
export type NumberState = readonly number[];

/** Most digits with which a decimal is sure to be the nearest to its double. */
export const EXACT_DIGITS = 15;

/** An exponent from which on any mantissa of so many digits behind the point is whole. */
const WHOLE_FROM = 17;

/** Whole numbers, also written 1.0, 1e3 and 1.5e17; not 1.5e1. */
export const isWhole: NumberAcceptor = {
  // [phase: 0 whole, 1 fraction, 2 exponent, 3 negative exponent; is not 0; has a fraction; its digits; exponent]
  start: [0, 0, 0, 0, 0],
  next([phase, isNonZero, hasFraction, digits, exponent], role, digit) {
    const nonZero = digit > 0 ? 1 : isNonZero!;
    switch (role) {
      case "minus":
      case "whole":
        return [0, nonZero, 0, 0, 0];
      case "point":
        return [1, isNonZero!, 0, 0, 0];
      case "fraction": {
        const isMore = digit > 0 ? 1 : hasFraction!;
        if (isMore === 1 && digits! >= WHOLE_FROM) return null;
        return [1, nonZero, isMore, Math.min(WHOLE_FROM, digits! + 1), 0];
      }
      case "exponent":
      case "exponentPlus":
        return [2, isNonZero!, hasFraction!, 0, 0];
      case "exponentMinus":
        return [3, isNonZero!, hasFraction!, 0, 0];
      case "exponentDigit":
        return [phase!, isNonZero!, hasFraction!, 0, Math.min(WHOLE_FROM, exponent! * 10 + digit)];
    }
  },
  accepts([phase, isNonZero, hasFraction, , exponent]) {
    if (isNonZero === 0 || phase === 0) return true;
    if (hasFraction === 0) return phase !== 3 || exponent === 0;
    return phase === 2 && exponent! >= WHOLE_FROM;
  },
};

/** Numbers that are not whole, and are so also as doubles: within 15 digits their fraction is neither 0s nor 9s only. */
export const isFractional: NumberAcceptor = {
  // [phase: 0 whole, 1 fraction, 2 exponent, 3 negative exponent; digits; 0 no fraction, 1 only 0s, 2 only 9s, 3 sure; zero; exponent]
  start: [0, 0, 0, 1, 0],
  next([phase, digits, seen, isZero, exponent], role, digit) {
    switch (role) {
      case "minus":
        return [0, 0, 0, 1, 0];
      case "whole": {
        const count = digits === 0 && digit === 0 ? 0 : digits! + 1;
        return count > EXACT_DIGITS ? null : [0, count, 0, digit > 0 ? 0 : isZero!, 0];
      }
      case "point":
        return [1, digits!, 0, isZero!, 0];
      case "fraction": {
        if (seen === 3) return [1, 0, 3, 0, 0];
        // 0.000 with a digit behind it is no whole number, however far that digit is
        if (isZero === 1 && digit === 0) return [1, 0, 1, 1, 0];
        const next = digit === 0 ? 1 : digit === 9 ? 2 : 3;
        const now = seen === 0 || seen === next ? next : 3;
        const kept = isZero === 1 && seen === 1 ? 3 : now;
        if (kept !== 3 && digits! >= EXACT_DIGITS) return null;
        return kept === 3 ? [1, 0, 3, 0, 0] : [1, digits! + 1, kept, 0, 0];
      }
      case "exponent":
        return isZero === 1 ? null : [2, 0, 0, 0, 0];
      case "exponentMinus":
        return [3, 0, 0, 0, 0];
      case "exponentPlus":
        return null;
      case "exponentDigit":
        return phase === 3 ? [3, 0, 0, 0, Math.min(2, exponent! * 10 + digit)] : null;
    }
  },
  accepts: ([phase, , seen, , exponent]) => (phase === 3 ? exponent === 2 : seen! > 1),
};

/** Multiples of `factor` · 10^-places, places at least 0. Follows no exponents.
 *  @returns null when the factor is too large to be followed digit by digit */
export function multipleAcceptor(factor: bigint, places: number, isNegated: boolean): NumberAcceptor | null {
  const { coprime, rest, power, zeros } = partsOf(factor);
  if (coprime * rest > LARGEST_MODULUS) return null;
  const [modulus, small] = [Number(coprime), Number(rest)];
  const mostZeros = zeros + power;
  const powers = Array.from({ length: mostZeros + 2 }, (_, zero) => Number(10n ** BigInt(zero) % rest));
  const after = (remainder: number, residue: number, trailing: number, digit: number): [number, number, number] => [
    (remainder * 10 + digit) % modulus,
    digit === 0 ? residue : (residue * powers[trailing + 1]! + digit) % small,
    digit === 0 ? Math.min(mostZeros, trailing + 1) : 0,
  ];
  const isMultiple = ([remainder, residue, trailing, fraction, , hasMore]: NumberState): boolean => {
    let value: [number, number, number] = [remainder!, residue!, trailing!];
    for (let place = fraction!; place < places; place++) value = after(...value, 0);
    const [left, last, ends] = value;
    return hasMore === 0 && left === 0 && ends >= zeros && (last * powers[ends - zeros]!) % small === 0;
  };
  return {
    // [remainder by the part that shares nothing with 10; the rest's, up to the last digit that is not 0; 0s behind that;
    //  places; digits, if they count; the fraction has more than its places]
    start: [0, 0, mostZeros, 0, 0, 0],
    next([remainder, residue, trailing, fraction, digits, hasMore], role, digit) {
      if (role === "minus" || role === "point") return [remainder!, residue!, trailing!, fraction!, digits!, hasMore!];
      if (role !== "whole" && role !== "fraction") return null;
      const count = isNegated && (digits! > 0 || digit > 0) ? digits! + 1 : 0;
      if (count > EXACT_DIGITS) return null;
      if (role === "fraction" && fraction! >= places) {
        if (digit > 0 && !isNegated) return null;
        return [remainder!, residue!, trailing!, fraction!, count, hasMore === 1 || digit > 0 ? 1 : 0];
      }
      const place = role === "fraction" ? fraction! + 1 : 0;
      return [...after(remainder!, residue!, trailing!, digit), place, count, 0];
    },
    accepts: (state) => isMultiple(state) !== isNegated,
  };
}

/** States that it takes to follow the multiples of a factor digit by digit. */
export function modulusOf(factor: bigint): number {
  const { coprime, rest } = partsOf(factor);
  return Number(coprime * rest);
}

/** Remainders that are followed. */
const LARGEST_MODULUS = 1000n;

/** A factor as coprime · rest · 10^zeros: `rest` is a power of 2 or of 5, and divides 10^power. */
function partsOf(factor: bigint): { coprime: bigint; rest: bigint; power: number; zeros: number } {
  let [coprime, rest, power, zeros] = [factor, 1n, 0, 0];
  for (; coprime % 10n === 0n; zeros++) coprime /= 10n;
  for (const prime of [2n, 5n]) {
    for (; coprime % prime === 0n; power++) {
      coprime /= prime;
      rest *= prime;
    }
  }
  return { coprime, rest, power, zeros };
}
