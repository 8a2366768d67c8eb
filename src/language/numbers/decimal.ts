/** A number as decimal digits: sign · 0.d1d2d3… × 10^point, without leading and trailing zeros; no digits: zero. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  /** Digits before the point; may be negative or more than there are digits. */
  readonly point: number;
}

/** A number of a schema: a bigint where a double does not carry it. */
export type Numeric = number | bigint;

/** The shortest decimal form of a double, which is what JSON carries; a bigint's digits. */
export function decimalOf(value: Numeric): Decimal {
  if (typeof value === "bigint") {
    const all = value.toString().replace("-", "");
    return { isNegative: value < 0n, digits: all.replace(/0+$/, ""), point: value === 0n ? 0 : all.length };
  }
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa!.replace(".", "").replace(/0+$/, "");
  return { isNegative: value < 0, digits, point: digits === "" ? 0 : Number(exponent) + 1 };
}

/** A number's text as decimal digits. */
export function decimalOfText(numeral: string): Decimal {
  const [mantissa = "", exponent = "0"] = numeral.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  const point = digits === "" ? 0 : all.length - fraction.length + Number(exponent);
  return { isNegative: mantissa.startsWith("-") && digits !== "", digits, point };
}

/** Less than 0, 0 or more than 0, as one stands to the other. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  if (one.isNegative !== other.isNegative) return one.isNegative ? -1 : 1;
  const sign = one.isNegative ? -1 : 1;
  if (one.digits === "" || other.digits === "")
    return sign * (Math.sign(one.digits.length) - Math.sign(other.digits.length));
  if (one.point !== other.point) return sign * Math.sign(one.point - other.point);
  return one.digits === other.digits ? 0 : one.digits < other.digits ? -sign : sign;
}

/** A number as `factor` · 10^-places, with the fewest places; places may be negative. */
export function scaledOf(value: Numeric | Decimal): { readonly factor: bigint; readonly places: number } {
  const { digits, point } = typeof value === "object" ? value : decimalOf(value);
  return { factor: BigInt(digits === "" ? "0" : digits), places: digits.length - point };
}

/** Whether a number is a whole multiple of another, in decimals: 0.07 is one of 0.01, whatever doubles make of it. */
export function isMultiple(value: Numeric | Decimal, step: Numeric | Decimal): boolean {
  if (typeof value === "number" && !Number.isFinite(value)) return false;
  const [of, by] = [scaledOf(value), scaledOf(step)];
  if (of.factor === 0n) return true;
  if (by.factor === 0n) return false;
  const shift = by.places - of.places;
  // value / step = of.factor · 10^shift / by.factor
  return shift >= 0
    ? (of.factor * 10n ** BigInt(shift)) % by.factor === 0n
    : of.factor % (by.factor * 10n ** BigInt(-shift)) === 0n;
}
