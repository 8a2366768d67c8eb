import { charsOf, choice, EMPTY, type IrNode, NEVER, optional, repeat, seq, text } from "./ir.js";

const DIGIT = charsOf("09");

function digit(from: string, to: string): IrNode {
  return from > to ? NEVER : from === to ? text(from) : charsOf(from + to);
}

function anyDigits(least: number, most: number): IrNode {
  return repeat(DIGIT, least, most);
}

/** Whole numbers from `low` to `high`, 0 <= low, without leading zeros. */
export function wholeBetween(low: bigint, high: bigint): IrNode {
  const options: IrNode[] = [];
  let full: readonly [from: number, to: number] | null = null;
  const [shortest, longest] = [low.toString().length, high.toString().length];
  for (let length = shortest; length <= longest; length++) {
    const least = length === 1 ? 0n : 10n ** BigInt(length - 1);
    const most = 10n ** BigInt(length) - 1n;
    const [first, last] = [low > least ? low : least, high < most ? high : most];
    if (first > last) continue;
    if (length > 1 && first === least && last === most) full = [full?.[0] ?? length, length];
    else options.push(sameLength(first.toString(), last.toString()));
  }
  if (full !== null) options.push(seq(charsOf("19"), anyDigits(full[0] - 1, full[1] - 1)));
  return choice(...options);
}

function sameLength(low: string, high: string): IrNode {
  if (low === "") return EMPTY;
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const [zeros, nines] = ["0".repeat(lowRest.length), "9".repeat(lowRest.length)];
  if (low[0] === high[0]) return seq(text(low[0]!), sameLength(lowRest, highRest));
  const isLowFull = lowRest === zeros;
  const isHighFull = highRest === nines;
  const from = isLowFull ? low[0]! : String(Number(low[0]) + 1);
  const to = isHighFull ? high[0]! : String(Number(high[0]) - 1);
  return choice(
    isLowFull ? NEVER : seq(text(low[0]!), sameLength(lowRest, nines)),
    Number(from) > Number(to) ? NEVER : seq(digit(from, to), anyDigits(lowRest.length, lowRest.length)),
    isHighFull ? NEVER : seq(text(high[0]!), sameLength(zeros, highRest)),
  );
}

/** An end of an interval of fractions: the digits after the point, and whether the end itself is outside. */
export interface FractionBound {
  readonly digits: string;
  readonly isExclusive: boolean;
}

/** "" or "." and up to `places` digits, between the bounds; a null bound does not bind. */
export function fractionBetween(low: FractionBound | null, high: FractionBound | null, places: number): IrNode {
  /** Whether a number that agrees with the bounds so far may end at digit `at`, zeros following. */
  const canEnd = (at: number, followsLow: boolean, followsHigh: boolean) =>
    (!followsLow || (at >= low!.digits.length && !low!.isExclusive)) &&
    (!followsHigh || at < high!.digits.length || !high!.isExclusive);

  const from = (at: number, followsLow: boolean, followsHigh: boolean): IrNode => {
    const isLowLoose = !followsLow || (at >= low!.digits.length && !low!.isExclusive);
    if (isLowLoose && !followsHigh) return anyDigits(at === 0 ? 1 : 0, places - at);
    const end = at > 0 && canEnd(at, followsLow, followsHigh) ? EMPTY : NEVER;
    if (at >= places) return end;
    const least = isLowLoose ? "0" : (low!.digits[at] ?? "0");
    const most = followsHigh ? (high!.digits[at] ?? "0") : "9";
    if (least > most) return end;
    if (least === most) {
      return choice(end, seq(text(least), from(at + 1, !isLowLoose, followsHigh)));
    }
    const inner = digit(next(least, isLowLoose ? 0 : 1), next(most, followsHigh ? -1 : 0));
    return choice(
      end,
      isLowLoose ? NEVER : seq(text(least), from(at + 1, true, false)),
      seq(inner, from(at + 1, false, false)),
      followsHigh ? seq(text(most), from(at + 1, false, true)) : NEVER,
    );
  };
  const isLow = low !== null;
  const isHigh = high !== null;
  const digits = places === 0 ? NEVER : seq(text("."), from(0, isLow, isHigh));
  return canEnd(0, isLow, isHigh) ? optional(digits) : digits;
}

function next(digitText: string, step: number): string {
  const value = Number(digitText) + step;
  // ":" is past "9" and "/" is before "0": such an interval is empty
  return String.fromCharCode(48 + value);
}
