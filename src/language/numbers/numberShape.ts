/** How a number's text may look: which digits, points and exponents, whatever its value. */
export interface NumberForms {
  /** Most digits before the point; Infinity for any number. */
  readonly wholeDigits: number;
  /** Most digits behind it; Infinity for any number, 0 for no point. */
  readonly fractionDigits: number;
  /** `none`; `tame`: those that JSON.stringify writes, below 1e-6 and from 1e21 up; `any`, as far as doubles stay finite. */
  readonly exponents: "none" | "tame" | "any";
  /** Whether 0 may have a minus. */
  readonly hasMinusZero: boolean;
}

/** The characters of numbers: 0 to 9, then these. */
export const MINUS = 10;
export const POINT = 11;
export const EXPONENT = 12;
export const PLUS = 13;
export const SYMBOLS = 14;

/** What a character is to the number that it stands in. */
export type Role =
  | "minus"
  | "whole"
  | "point"
  | "fraction"
  | "exponent"
  | "exponentMinus"
  | "exponentPlus"
  | "exponentDigit";

export interface Shape {
  readonly phase: "start" | "minus" | "whole" | "point" | "fraction" | "exponent" | "exponentSign" | "exponentDigits";
  /** Begins with a minus, where that decides whether it may be 0. */
  readonly isNegative: boolean;
  /** Digits of the phase so far, as far as they are counted. */
  readonly count: number;
  readonly isLeadingZero: boolean;
  /** Before the point stands one digit, and not 0: only then may an exponent follow, or all digits are 0. */
  readonly isNormal: boolean;
  readonly isZero: boolean;
  readonly isSmall: boolean;
  /** The mantissa is less than 1.7: with the exponent 308, too, it is a finite double. */
  readonly isLow: boolean;
  /** What an exponent's digits are so far, as far as its size needs it. */
  readonly exponent: string;
}

export const START_SHAPE: Shape = {
  phase: "start",
  isNegative: false,
  count: 0,
  isLeadingZero: false,
  isNormal: false,
  isZero: true,
  isSmall: false,
  isLow: false,
  exponent: "",
};

/** The shape after one more character and what that character is; null when it can't stand there. */
export function nextShape(shape: Shape, symbol: number, forms: NumberForms): { shape: Shape; role: Role } | null {
  switch (shape.phase) {
    case "start":
      if (symbol === MINUS)
        return { shape: { ...shape, phase: "minus", isNegative: !forms.hasMinusZero }, role: "minus" };
      return symbol < 10 ? firstDigit(shape, symbol) : null;
    case "minus":
      return symbol < 10 ? firstDigit(shape, symbol) : null;
    case "whole":
      if (symbol < 10) {
        if (shape.isLeadingZero || shape.count >= forms.wholeDigits) return null;
        const count = Number.isFinite(forms.wholeDigits) ? shape.count + 1 : 2;
        return { shape: { ...shape, count, isNormal: false, isLow: false }, role: "whole" };
      }
      if (symbol === POINT && forms.fractionDigits > 0) {
        return { shape: { ...shape, phase: "point", count: 0, isLeadingZero: false }, role: "point" };
      }
      return symbol === EXPONENT ? exponentMark(shape, forms) : null;
    case "point":
    case "fraction": {
      if (symbol === EXPONENT) return shape.phase === "fraction" ? exponentMark(shape, forms) : null;
      if (symbol > 9 || shape.count >= forms.fractionDigits) return null;
      const count = Number.isFinite(forms.fractionDigits) ? shape.count + 1 : 0;
      const isLow = shape.isLow && (shape.phase === "fraction" || symbol < 7);
      const isZero = shape.isZero && symbol === 0;
      return { shape: { ...shape, phase: "fraction", count, isZero, isLow }, role: "fraction" };
    }
    case "exponent":
      if (symbol === MINUS) {
        return { shape: { ...shape, phase: "exponentSign", isSmall: true }, role: "exponentMinus" };
      }
      if (symbol === PLUS) return { shape: { ...shape, phase: "exponentSign" }, role: "exponentPlus" };
      return symbol < 10 && forms.exponents === "any" ? exponentDigit(shape, symbol, forms) : null;
    default:
      return symbol < 10 ? exponentDigit(shape, symbol, forms) : null;
  }
}

function firstDigit(shape: Shape, digit: number): { shape: Shape; role: Role } {
  const isZero = digit === 0;
  return {
    shape: { ...shape, phase: "whole", count: 1, isLeadingZero: isZero, isNormal: !isZero, isZero, isLow: digit === 1 },
    role: "whole",
  };
}

function exponentMark(shape: Shape, forms: NumberForms): { shape: Shape; role: Role } | null {
  if (forms.exponents === "none") return null;
  if (!shape.isNormal && !(shape.isZero && forms.exponents === "any")) return null;
  return { shape: { ...shape, phase: "exponent", count: 0, isLeadingZero: false }, role: "exponent" };
}

function exponentDigit(shape: Shape, digit: number, forms: NumberForms): { shape: Shape; role: Role } | null {
  const exponent = nextExponent(shape.exponent, digit, forms.exponents === "any", shape.isLow && !shape.isSmall);
  return exponent === null ? null : { shape: { ...shape, phase: "exponentDigits", exponent }, role: "exponentDigit" };
}

/** Exponents up to 307 or, of low mantissas, 308; tame ones up to 299. The state is the number so far with digits that no longer matter as "x". */
function nextExponent(before: string, digit: number, hasLeadingZeros: boolean, isLow: boolean): string | null {
  if (before === "" || before === "0") {
    if (digit === 0) return hasLeadingZeros ? "0" : null;
    if (digit <= 2) return String(digit);
    return digit === 3 ? "3" : digit < 7 ? "4" : "7";
  }
  if (before === "2") return digit === 0 ? "20" : "2x";
  if (before === "1") return "1x";
  if (before === "3") return digit === 0 && hasLeadingZeros ? "30" : "9x";
  if (before === "4" || before === "7") return "9x";
  if (before === "1x" || before === "20" || before === "2x") return "xxx";
  return before === "30" && digit <= (isLow ? 8 : 7) ? "xxx" : null;
}

export function mayEnd(shape: Shape, forms: NumberForms): boolean {
  switch (shape.phase) {
    case "whole":
    case "fraction":
      return !(shape.isNegative && shape.isZero);
    case "exponentDigits": {
      if (forms.exponents === "any") return !(shape.isNegative && shape.isZero);
      const { exponent } = shape;
      if (shape.isSmall) return exponent === "7" || exponent.length > 1;
      return exponent === "xxx" || exponent === "2x" || exponent === "9x";
    }
    default:
      return false;
  }
}
