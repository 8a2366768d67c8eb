import { randomUUID } from "node:crypto";

/** A number of JSON that neither a double nor a bigint is: 0.12345678901234567890, 1e5000. */
export class LongNumeral {
  constructor(readonly text: string) {}
}

const NUMERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** A double gives up to 15 digits back as they were. */
const MAY_BE_LONG = /[\d.]{16}|\d[eE]/;
const MOST_BIGINT_DIGITS = 1000;
/** From here on JavaScript writes a number with an exponent. */
const LARGEST_DIGITS = 1e21;
/** From here on a bigint is written with an exponent where most of its digits are zeros. */
const EXPONENT_FROM = 22;
/** No text that anybody gives has it. */
const MARK = `number ${randomUUID()} `;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");

/** Parses JSON with its numbers as they stand there: one that a double does not carry is a bigint where it is whole, else a
 *  LongNumeral.
 *  @throws {SyntaxError} */
export function parseExact(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  if (!hasLongNumeral(text)) return plain;
  const marked = replaceNumerals(text, (numeral) =>
    typeof exactNumber(numeral) === "number" ? numeral : `"${MARK}${numeral}"`,
  );
  if (marked === text) return plain;
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? exactNumber(value.slice(MARK.length)) : value,
  );
}

/** Whether a JSON text may have a number that a double does not carry, a UUID within a string being none. */
export function hasLongNumeral(text: string): boolean {
  if (!MAY_BE_LONG.test(text)) return false;
  for (let from = 0; ; ) {
    const open = text.indexOf('"', from);
    if (MAY_BE_LONG.test(text.slice(from, open < 0 ? undefined : open))) return true;
    if (open < 0) return false;
    from = endOfString(text, open + 1);
  }
}

/** Behind the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = quote;
    while (text[escapes - 1] === "\\") escapes--;
    if ((quote - escapes) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** JSON.stringify, of bigints too: their digits.
 *  @returns undefined where JSON.stringify gives that */
export function stringifyExact(value: unknown, indent?: number): string | undefined {
  const exact = (part: unknown): unknown => (isPlainCopy(part) ? part[COPY_OF] : part);
  const marked = stringifyNumerals(value, (numeral) => MARK + numeral, indent, exact);
  return marked?.includes(MARK) === true ? marked.replace(MARKED, "$1") : marked;
}

function stringifyNumerals(
  value: unknown,
  write: (numeral: string) => string,
  indent?: number,
  original = (part: unknown): unknown => part,
): string | undefined {
  const replace = (_: string, given: unknown): unknown => {
    const part = original(given);
    if (typeof part === "bigint") return write(digitsOf(part));
    return part instanceof LongNumeral ? write(part.text) : part;
  };
  return JSON.stringify(value, replace, indent) as string | undefined;
}

/** Leads from what JSON.stringify is given back to the value, also where another copy of this module made it. */
const COPY_OF = Symbol.for("rowmill: what it is a copy of");

function isPlainCopy(value: unknown): value is { readonly [COPY_OF]: unknown } {
  return typeof value === "object" && value !== null && COPY_OF in value;
}

/** A copy of a value of JSON that JSON.stringify can write as well: numbers that no double carries as texts of their digits, where
 *  it would throw. `stringifyExact` writes the numbers themselves. */
export function withPlainJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const toJSON = (): unknown => {
    const plain = JSON.parse(stringifyNumerals(value, (numeral) => numeral) as string) as object;
    return Object.defineProperty(plain, COPY_OF, { value });
  };
  return Object.defineProperty(copy, "toJSON", { value: toJSON });
}

/** A copy as JSON.stringify and JSON.parse make one, its bigints kept. */
export function copyExact(value: unknown): unknown {
  const text = stringifyExact(value);
  return text === undefined ? undefined : parseExact(text);
}

/** Replaces the numbers of a JSON text, those within strings left alone. */
export function replaceNumerals(text: string, replacement: (numeral: string) => string): string {
  let isInString = false;
  // quote by quote: an expression for whole strings runs out of stack at 15 MB
  return text.replace(/"|\\.|-?\d[\d.eE+-]*/g, (token) => {
    if (token === '"') isInString = !isInString;
    return isInString || !NUMERAL.test(token) ? token : replacement(token);
  });
}

/** A numeral's value: a number where a double carries it, to the last digit and so that it is written as it was read; a
 *  bigint for another whole number; else the numeral itself. */
export function exactNumber(numeral: string): number | bigint | LongNumeral {
  const value = Number(numeral);
  const { isNegative, digits, power } = partsOf(numeral);
  const carried = Number.isFinite(value) ? partsOf(String(value)) : null;
  const isWrittenSo = carried?.digits === digits && (digits === "" || carried.power === power);
  // who writes 3.4028234663852886e38 means the double
  const isDouble = !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= LARGEST_DIGITS;
  if (isWrittenSo && isDouble) return value;
  if (power < 0 || digits.length + power > MOST_BIGINT_DIGITS) return new LongNumeral(numeral);
  const whole = BigInt(digits + "0".repeat(power)) * (isNegative ? -1n : 1n);
  return isWrittenSo && BigInt(value) === whole ? value : whole;
}

/** A numeral as digits · 10^power, without zeros at either end. */
function partsOf(numeral: string): { isNegative: boolean; digits: string; power: number } {
  const [mantissa = "", exponent = "0"] = numeral.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + all.length - digits.length;
  return { isNegative: mantissa.startsWith("-"), digits, power };
}

function digitsOf(value: bigint): string {
  const text = value.toString();
  const { isNegative, digits } = partsOf(text);
  const length = text.length - (isNegative ? 1 : 0);
  if (length < EXPONENT_FROM || digits.length > 17) return text;
  return `${isNegative ? "-" : ""}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e+${length - 1}`;
}
