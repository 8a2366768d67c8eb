/** A number as decimal digits: sign · 0.d1d2d3… × 10^point, without leading and trailing zeros; no digits: zero. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  /** Digits before the point; may be negative or more than there are digits. */
  readonly point: number;
}

/** The shortest decimal form of a double, which is what JSON carries. */
export function decimalOf(value: number): Decimal {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa!.replace(".", "").replace(/0+$/, "");
  return { isNegative: value < 0, digits, point: digits === "" ? 0 : Number(exponent) + 1 };
}

/** A number as `factor` · 10^-places, with the fewest places; places may be negative. */
export function scaledOf(value: number): { readonly factor: bigint; readonly places: number } {
  const { digits, point } = decimalOf(value);
  return { factor: BigInt(digits === "" ? "0" : digits), places: digits.length - point };
}

/** Whether a number is a whole multiple of another, in decimals: 0.07 is one of 0.01, whatever doubles make of it. */
export function isMultiple(value: number, step: number): boolean {
  if (!Number.isFinite(value)) return false;
  const [of, by] = [scaledOf(value), scaledOf(step)];
  if (of.factor === 0n) return true;
  if (by.factor === 0n) return false;
  const shift = by.places - of.places;
  // value / step = of.factor · 10^shift / by.factor
  return shift >= 0
    ? (of.factor * 10n ** BigInt(shift)) % by.factor === 0n
    : of.factor % (by.factor * 10n ** BigInt(-shift)) === 0n;
}
