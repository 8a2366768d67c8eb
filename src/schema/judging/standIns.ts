import { exactNumber, replaceNumerals, stringifyExact } from "../../exactNumbers.js";
import { type Decimal, decimalOf, decimalOfText, type Numeric } from "../../language/index.js";

/** Whole and fractional doubles that nobody writes: the first and the last of so many stand-ins, and the step between them. */
const WHOLE = { first: 2 ** 1000, step: 2 ** 950, end: 2 ** 1001 };
const FRACTIONAL = { first: 2 ** -1000, step: 2 ** -1050, end: 2 ** -999 };
/** Larger exponents are no double's, and would take a power of ten without end to compare. */
const MOST_PLACES = 2000;

/** Doubles in the place of numbers that a double does not carry, so that Ajv tells them apart: equal numbers have the same,
 *  and a whole number a whole one. What each stands for is looked up where sizes are compared. */
export class StandIns {
  readonly #byNumber = new Map<string, number>();
  readonly #decimals = new Map<number, Decimal>();
  readonly #texts = new Map<number, string>();
  /** The schema's own. */
  readonly #fixed = new Set<string>();
  /** None is given twice: a part of the schema may be made ready while a text has some. */
  #count = 0;

  /** A schema's value with stand-ins in the places of its bigints, kept for good. */
  ofSchema(value: unknown): unknown {
    return JSON.parse(this.replaced(stringifyExact(value) as string, (key) => this.#fixed.add(key)));
  }

  /** A JSON text with stand-ins, until `forget`.
   *  @param told  of each stand-in's key */
  replaced(text: string, told: (key: string) => void = () => {}): string {
    return replaceNumerals(text, (numeral) => {
      const value = Number(numeral);
      const isTaken = isWithin(WHOLE, Math.abs(value)) || isWithin(FRACTIONAL, Math.abs(value));
      if (!isTaken && typeof exactNumber(numeral) === "number") return numeral;
      const decimal = decimalOfText(numeral);
      if (Math.abs(decimal.point) > MOST_PLACES) return numeral;
      return String(this.#of(decimal, numeral, told));
    });
  }

  /** What a number of a replaced text is. */
  exact(value: Numeric): Decimal {
    return (typeof value === "number" ? this.#decimals.get(value) : undefined) ?? decimalOf(value);
  }

  /** A message's text with the numbers that were meant. */
  inWords(text: string): string {
    let words = text;
    for (const [standIn, numeral] of this.#texts) words = words.replaceAll(String(standIn), numeral);
    return words;
  }

  /** Forgets what is not the schema's. */
  forget(): void {
    for (const [key, standIn] of this.#byNumber) {
      if (this.#fixed.has(key)) continue;
      this.#byNumber.delete(key);
      this.#decimals.delete(standIn);
      this.#texts.delete(standIn);
    }
  }

  #of(decimal: Decimal, numeral: string, told: (key: string) => void): number {
    const { isNegative, digits, point } = decimal;
    const key = `${isNegative ? "-" : ""}${digits}e${point}`;
    told(key);
    let standIn = this.#byNumber.get(key);
    if (standIn === undefined) {
      const { first, step } = point >= digits.length ? WHOLE : FRACTIONAL;
      this.#count++;
      standIn = first + step * this.#count;
      this.#byNumber.set(key, standIn);
      this.#decimals.set(standIn, decimal);
      this.#texts.set(standIn, numeral);
    }
    return standIn;
  }
}

function isWithin({ first, end }: typeof WHOLE, value: number): boolean {
  return value >= first && value < end;
}
