import { decimalShape, isFaithful } from "./decimalText.js";
import { ExactNumber, numberText } from "./exactJson.js";

/** How a typed file holds a column's numbers so that each stays what it is, where 64-bit integers (for type "integer") or
 *  doubles (for "number") would change some: `decimal(precision,scale)`, or "text", each number's own. */
export type NumberStorage = "uint64" | `decimal(${number},${number})` | "text";

/** Digits of a 128-bit decimal. */
const DECIMAL_DIGITS = 38;
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const UINT64_MAX = 2n ** 64n - 1n;

/** Which storage all numbers of a column fit. */
export class NumberTally {
  #isInteger = true;
  #isFaithful = true;
  #isDecimal = true;
  #least = 0;
  #greatest = 0;
  #leastWide = 0n;
  #greatestWide = 0n;
  #scale = 0;
  #whole = 0;

  see(value: number | ExactNumber): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      const integer = value as number;
      if (integer > this.#greatest) this.#greatest = integer;
      else if (integer < this.#least) this.#least = integer;
      return;
    }
    const text = value instanceof ExactNumber ? value.text : numberText(value);
    if (isIntegerText(text)) {
      const integer = BigInt(text);
      if (integer > this.#greatestWide) this.#greatestWide = integer;
      else if (integer < this.#leastWide) this.#leastWide = integer;
    } else this.#isInteger = false;
    if (value instanceof ExactNumber) this.#isFaithful &&= isFaithful(text);
    const shape = decimalShape(text);
    this.#isDecimal &&= shape !== null;
    this.#whole = Math.max(this.#whole, shape?.whole ?? 0);
    this.#scale = Math.max(this.#scale, shape?.scale ?? 0);
  }

  /** Undefined where 64-bit integers, or doubles, hold every number. */
  get storage(): NumberStorage | undefined {
    if (this.#isInteger) {
      if (this.#leastWide >= INT64[0] && this.#greatestWide <= INT64[1]) return undefined;
      if (this.#least === 0 && this.#leastWide === 0n && this.#greatestWide <= UINT64_MAX) return "uint64";
    } else if (this.#isFaithful) return undefined;
    return this.decimal;
  }

  /** The narrowest decimal, or "text" where none holds every number. */
  get decimal(): NumberStorage {
    return this.decimalOf(0);
  }

  /** @param leastScale digits behind the point that the decimal has at least: 0.00 is no more than 0 by its value */
  decimalOf(leastScale: number): NumberStorage {
    const scale = Math.max(this.#scale, leastScale);
    const narrow = Math.max(String(this.#greatest).length, String(-this.#least).length);
    const precision = Math.max(this.#whole, narrow) + scale;
    return this.#isDecimal && precision <= DECIMAL_DIGITS ? `decimal(${precision},${scale})` : "text";
  }
}

/** Whether a number was written as an integer; -0 is none, an integer has no such sign. */
export function isIntegerText(text: string): boolean {
  return /^-?\d+$/.test(text) && text !== "-0";
}
