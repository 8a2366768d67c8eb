import { decimalOf, type Numeric } from "./decimal.js";
import { EXACT_DIGITS, type NumberAcceptor, type NumberState } from "./numberAcceptors.js";

/** How the digits so far stand to the bound's. NEAR_: by so little that a double may not tell; UNSURE: a double does not. */
const EQUAL = 0;
const LESS = 1;
const GREATER = 2;
const NEAR_LESS = 3;
const NEAR_GREATER = 4;
const UNSURE = 5;
/** Of a mantissa: 0. */
const ZERO = 6;

/** The sign alone makes any number right. */
const DECIDED: NumberState = [];

const WHOLE = 0;
const FRACTION = 1;
const POWER = 2;

/** Compares the text's magnitude with a bound's, digit by digit; a text that is d.ddd may go on with an exponent, and so
 *  is compared in both ways.
 *  @param isRight   what is asked of the sign and of how the magnitude stands to the bound's
 *  @param isStrict  being equal is wrong, so that nothing must be written that a double takes for equal */
export function comparison(
  bound: Numeric,
  isRight: (isNegative: boolean, order: -1 | 0 | 1) => boolean,
  isStrict: boolean,
  hasExponents: boolean,
): NumberAcceptor {
  const { digits, point } = decimalOf(bound);
  const wholeDigits = Math.max(point, 1);
  /** Places before the bound's first digit, when that is behind the point. */
  const offset = wholeDigits - point;
  const exact = digits === "" ? Number.POSITIVE_INFINITY : EXACT_DIGITS;
  const isPowerOfTen = isStrict && digits === "1";
  const digitAt = (place: number) => Number(digits[place] ?? "0");
  const lastPlace = Math.max(digits.length, isStrict ? EXACT_DIGITS : 0) + offset;
  const mostExponent = digits === "" ? 0 : Math.abs(point - 1) + 1;

  const compared = (order: number, read: number, expected: number, place: number): number => {
    switch (order) {
      case EQUAL:
        if (read === expected) return EQUAL;
        if (isStrict && place >= exact) return UNSURE;
        if (read < expected) return isStrict && read === expected - 1 ? NEAR_LESS : LESS;
        return isStrict && read === expected + 1 ? NEAR_GREATER : GREATER;
      case NEAR_LESS:
        if (read !== 9 || expected !== 0) return LESS;
        return place >= exact ? UNSURE : NEAR_LESS;
      case NEAR_GREATER:
        if (read !== 0 || expected !== 9) return GREATER;
        return place >= exact ? UNSURE : NEAR_GREATER;
      default:
        return order;
    }
  };
  const wholeOrder = (count: number, order: number, isNines: number) => {
    if (count < wholeDigits) return isNines === 1 && count === wholeDigits - 1 ? NEAR_LESS : LESS;
    return count > wholeDigits ? GREATER : order;
  };
  const isOpen = (order: number) => order === EQUAL || order === NEAR_LESS || order === NEAR_GREATER;

  const orders = digits === "" ? ([0, 1] as const) : ([-1, 0, 1] as const);
  /** What the sign alone decides: true, false, or null where it does not. */
  const bySign = [false, true].map((isNegative) => {
    const [first, ...others] = orders.map((order) => isRight(isNegative, order));
    return others.every((other) => other === first) ? first! : null;
  });

  return {
    // [is negative, phase, digits of the phase, order as a decimal, order of the mantissa, only 9s, exponent is negative, exponent]
    start: [0, WHOLE, 0, EQUAL, hasExponents ? EQUAL : UNSURE, isPowerOfTen ? 1 : 0, 0, 0],
    next(state, role, digit) {
      if (state.length === 0) return state;
      const [isNegative, phase, count, plain, normal, nines, isSmall, exponent] = state;
      if (role === "minus" || (role === "whole" && count === 0)) {
        const decided = bySign[role === "minus" ? 1 : isNegative!]!;
        if (decided !== null) return decided ? DECIDED : null;
      }
      switch (role) {
        case "minus":
          return [1, WHOLE, 0, plain!, normal!, nines!, 0, 0];
        case "whole": {
          const isNines = nines === 1 && digit === 9 ? 1 : 0;
          const mantissa =
            count! > 0 || !hasExponents ? UNSURE : digit === 0 ? ZERO : compared(EQUAL, digit, digitAt(0), 0);
          if (count! >= wholeDigits) return [isNegative!, WHOLE, wholeDigits + 1, GREATER, mantissa, 0, 0, 0];
          const order = compared(plain!, digit, digitAt(count! - offset), count! - offset);
          return [isNegative!, WHOLE, count! + 1, order, mantissa, isNines, 0, 0];
        }
        case "point":
          return [isNegative!, FRACTION, 0, wholeOrder(count!, plain!, nines!), normal!, nines!, 0, 0];
        case "fraction": {
          const place = wholeDigits + count! - offset;
          const order = compared(plain!, digit, digitAt(place), place);
          let isNines = nines === 1 && digit === 9 ? 1 : 0;
          let mantissa =
            normal === ZERO && digit > 0 ? UNSURE : compared(normal!, digit, digitAt(count! + 1), count! + 1);
          if (isNines === 1 && count! + 1 >= EXACT_DIGITS) [isNines, mantissa] = [0, UNSURE];
          if (order === UNSURE && mantissa === UNSURE) return null;
          const isCounted = isOpen(order) || isOpen(mantissa) || isNines === 1;
          return [
            isNegative!,
            FRACTION,
            isCounted ? Math.min(count! + 1, lastPlace) : 0,
            order,
            mantissa,
            isNines,
            0,
            0,
          ];
        }
        case "exponent":
          if (normal === UNSURE) return null;
          // the bound may have digits left where the mantissa has none
          return [
            isNegative!,
            POWER,
            0,
            0,
            normal === EQUAL && readDigits(phase!, count!) < digits.length ? LESS : normal!,
            0,
            0,
            0,
          ];
        case "exponentMinus":
          return [isNegative!, POWER, 0, 0, normal!, 0, 1, 0];
        case "exponentPlus":
          return [isNegative!, POWER, 0, 0, normal!, 0, 0, 0];
        case "exponentDigit":
          return [isNegative!, POWER, 0, 0, normal!, 0, isSmall!, Math.min(mostExponent, exponent! * 10 + digit)];
      }
    },
    accepts(state) {
      if (state.length === 0) return true;
      const [negative, phase, count, plain, normal, nines, isSmall, exponent] = state;
      const isNegative = negative === 1;
      if (phase === POWER) {
        if (normal === ZERO) return isRight(isNegative, digits === "" ? 0 : -1);
        if (digits === "") return isRight(isNegative, 1);
        const power = isSmall === 1 ? -exponent! : exponent!;
        if (power !== point - 1) return isRight(isNegative, power < point - 1 ? -1 : 1);
        return normal !== UNSURE && isRight(isNegative, orderOf(normal!));
      }
      const order = phase === WHOLE ? wholeOrder(count!, plain!, nines!) : plain!;
      if (order === UNSURE) return false;
      const read = phase === WHOLE ? wholeDigits : wholeDigits + count!;
      // the bound may have digits left where the text has none
      return isRight(isNegative, order === EQUAL && read - offset < digits.length ? -1 : orderOf(order));
    },
  };
}

/** Digits of a mantissa that has one before the point. */
function readDigits(phase: number, count: number): number {
  return phase === WHOLE ? 1 : 1 + count;
}

function orderOf(order: number): -1 | 0 | 1 {
  if (order === EQUAL) return 0;
  return order === LESS || order === NEAR_LESS ? -1 : 1;
}
