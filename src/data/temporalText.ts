/** Points and spans of time as text, exactly: ISO 8601 in the proleptic Gregorian calendar; years outside 0000 to 9999 with
 *  a sign and at least six digits, as JavaScript writes them. */

const DAY_SECONDS = 86_400;
export const DAY_MS = 86_400_000n;

/** @param days since 1970-01-01 */
export function dateText(days: number): string {
  // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is their last
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${yearText(year)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** @param value      since 1970-01-01T00:00:00
 *  @param perSecond  units of the value in a second: 1, 1e3, 1e6 or 1e9
 *  @returns with three, six or nine digits of the second, as few as hold it; without a zone */
export function timestampText(value: bigint, perSecond: number): string {
  const perDay = BigInt(DAY_SECONDS * perSecond);
  const days = floorDivide(value, perDay);
  const rest = Number(value - days * perDay);
  const fraction = String((rest % perSecond) * (1e9 / perSecond)).padStart(9, "0");
  const digits = fraction.endsWith("000000") ? 3 : fraction.endsWith("000") ? 6 : 9;
  return `${dateText(Number(days))}T${clockText(Math.floor(rest / perSecond))}.${fraction.slice(0, digits)}`;
}

/** A time of day, with the digits of the second that it needs. */
export function timeText(value: bigint, perSecond: number): string {
  const size = value < 0n ? -value : value;
  const unit = BigInt(perSecond);
  const text = clockText(Number(size / unit)) + fractionText(size % unit, perSecond);
  return value < 0n ? `-${text}` : text;
}

/** A span of time as ISO 8601 has it, in seconds: PT90061.5S. */
export function durationText(value: bigint, perSecond: number): string {
  const size = value < 0n ? -value : value;
  const unit = BigInt(perSecond);
  return `${value < 0n ? "-" : ""}PT${size / unit}${fractionText(size % unit, perSecond)}S`;
}

/** A span in calendar units as ISO 8601 has it, each with its own sign: P14M-3DT4.5S. */
export function intervalText(months: number, days: number, nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const seconds = `${nanoseconds < 0n ? "-" : ""}${size / 1_000_000_000n}${fractionText(size % 1_000_000_000n, 1e9)}`;
  const calendar = `${months === 0 ? "" : `${months}M`}${days === 0 ? "" : `${days}D`}`;
  return nanoseconds === 0n && calendar !== "" ? `P${calendar}` : `P${calendar}T${seconds}S`;
}

function clockText(seconds: number): string {
  return `${padded(Math.floor(seconds / 3600), 2)}:${padded(Math.floor(seconds / 60) % 60, 2)}:${padded(seconds % 60, 2)}`;
}

function fractionText(fraction: bigint, perSecond: number): string {
  if (fraction === 0n) return "";
  return `.${String(fraction).padStart(Math.log10(perSecond), "0").replace(/0+$/, "")}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return padded(year, 4);
  return `${year < 0 ? "-" : "+"}${padded(Math.abs(year), 6)}`;
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
