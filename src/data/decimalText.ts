/** A number's text as digits and the place of its point: the value is 0.DIGITS × 10^point. */
interface Decimal {
  readonly isNegative: boolean;
  /** Without leading zeros; "" for zero. */
  readonly digits: string;
  /** Digits before the decimal point; 0 or less where the value is below 0.1. */
  readonly point: number;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

function readDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  const point = whole.length + Number(exponent) - (all.length - digits.length);
  return { isNegative: sign === "-", digits, point: digits === "" ? 0 : point };
}

/** Significant digits that every double is told apart by, and that many programs write (%.17g). */
const DOUBLE_DIGITS = 17;

/** Whether a double gives a number's text back when it is written with as many digits: 0.1, 1.50 and 0.10000000000000001 do;
 *  9007199254740993, 0.1234567890123456789 and 1e400 do not. NaN and infinities are doubles' own. */
export function isFaithful(text: string): boolean {
  const decimal = readDecimal(text);
  if (decimal === null) return true;
  const digits = decimal.digits.replace(/0+$/, "");
  if (digits === "") return true;
  const value = Math.abs(Number(text));
  if (digits.length > DOUBLE_DIGITS || !Number.isFinite(value) || value === 0) return false;
  const back = readDecimal(value.toPrecision(digits.length)) as Decimal;
  return back.point === decimal.point && back.digits.replace(/0+$/, "") === digits;
}

/** How many digits a decimal type needs on each side of the point for a number; `null` for NaN, infinities and -0, which
 *  no decimal holds. */
export function decimalShape(text: string): { whole: number; scale: number } | null {
  const decimal = readDecimal(text);
  if (decimal === null || (decimal.digits === "" && decimal.isNegative)) return null;
  const { digits, point } = decimal;
  return { whole: Math.max(0, point), scale: digits === "" ? 0 : Math.max(0, digits.length - point) };
}

/** A number times 10^scale, as a whole number.
 *  @param scale  at least what decimalShape says */
export function unscaledDecimal(text: string, scale: number): bigint {
  const { isNegative, digits, point } = readDecimal(text) as Decimal;
  const unscaled = BigInt(digits || "0") * 10n ** BigInt(Math.max(0, scale - (digits.length - point)));
  return isNegative ? -unscaled : unscaled;
}
