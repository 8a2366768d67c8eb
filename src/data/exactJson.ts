import { isFaithful } from "./decimalText.js";
import { isMovedKey, keepKeyOrder, membersOf } from "./keyOrder.js";

/** Deepest nesting of arrays and objects in a row: as deep as Python's and simdjson's readers go, and far from any stack's end. */
export const MOST_LEVELS = 1000;

/** A number that JavaScript would write otherwise than it was written: 9007199254740993, 1.0, -0, 1e400, 0.1234567890123456789. */
export class ExactNumber {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** A number's text as a plain value (see plainValue): a JavaScript number where that is written the same. */
export function exactNumber(text: string): number | ExactNumber {
  const value = Number(text);
  const isSame =
    String(value) === text && (Number.isSafeInteger(value) || !Number.isInteger(value) || /[e.]/.test(text));
  return isSame ? value : new ExactNumber(text);
}

/** A plain value as JavaScript's own: a number that a double does not hold is its text, and keys like "2" come first. */
export function toJavaScript(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof ExactNumber) return isFaithful(value.text) ? Number(value.text) : value.text;
  if (Array.isArray(value)) return value.map(toJavaScript);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJavaScript(inner)]));
}

/** Parses JSON (RFC 8259, and the words NaN, Infinity and -Infinity as Python writes them) into plain values: every number
 *  keeps its text, and every object the order of its keys (see keysOf).
 *  @param levels  how deep arrays and objects may be nested
 *  @param repeated  what becomes of a key that an object has twice, of which only one value can be kept
 *  @throws {SyntaxError} with the column */
export function parseExactJson(text: string, levels = MOST_LEVELS, repeated: "refused" | "last" = "refused"): unknown {
  return new Parser(text, levels, repeated).parse();
}

/** Plain values as compact JSON, each number as it was written; NaN and infinities as Python writes them. */
export function writeExactJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return numberText(value);
    case "object":
      break;
    default:
      return value === undefined ? "null" : String(value);
  }
  if (value === null) return "null";
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeExactJson).join(",")}]`;
  const members = membersOf(value).map(([key, inner]) => `${JSON.stringify(key)}:${writeExactJson(inner)}`);
  return `{${members.join(",")}}`;
}

/** A JavaScript number as JSON writes it, but with the sign of -0. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);
const WORD = /-?[A-Za-z]+/y;
const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in strings, JSON.parse then says so
const NOT_VERBATIM = /[\\\x00-\x1f]/;

/** Recursive, but no deeper than `levels`. */
class Parser {
  #at = 0;

  constructor(
    readonly text: string,
    readonly levels: number,
    readonly repeated: "refused" | "last",
  ) {}

  parse(): unknown {
    const value = this.#value(this.levels);
    if (this.#next() !== undefined) throw this.#unexpected("nothing more");
    return value;
  }

  /** The next character that is no white space, undefined at the end. */
  #next(): string | undefined {
    const code = this.text.charCodeAt(this.#at);
    if (code <= 0x20) {
      SPACE.lastIndex = this.#at;
      SPACE.test(this.text);
      this.#at = SPACE.lastIndex;
    }
    return this.text[this.#at];
  }

  #value(levels: number): unknown {
    const sign = this.#next();
    if (sign === '"') return this.#string();
    if (sign === "{" || sign === "[") {
      if (levels === 0) throw this.#mistake(`nested deeper than ${this.levels} levels`);
      this.#at++;
      return sign === "{" ? this.#object(levels - 1) : this.#array(levels - 1);
    }
    NUMBER.lastIndex = this.#at;
    if (NUMBER.test(this.text)) {
      const number = this.text.slice(this.#at, NUMBER.lastIndex);
      this.#at = NUMBER.lastIndex;
      return exactNumber(number);
    }
    WORD.lastIndex = this.#at;
    const word = WORD.exec(this.text)?.[0] ?? "";
    const value = WORDS.get(word);
    if (value === undefined) throw this.#unexpected("a value");
    this.#at += word.length;
    return value;
  }

  #array(levels: number): unknown[] {
    const values: unknown[] = [];
    if (this.#take("]")) return values;
    do values.push(this.#value(levels));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected('"," or "]"');
    return values;
  }

  #object(levels: number): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    if (this.#take("}")) return row;
    let members = 0;
    let keys: string[] | null = null;
    do {
      if (this.#next() !== '"') throw this.#unexpected("a key in double quotes");
      const key = this.#string();
      if (!this.#take(":")) throw this.#unexpected('":"');
      const value = this.#value(levels);
      // a property like others, not the prototype
      if (key === "__proto__") Object.defineProperty(row, key, { ...OWN, value });
      else {
        if (isMovedKey(key)) keys ??= Object.keys(row);
        row[key] = value;
      }
      keys?.push(key);
      members++;
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected('"," or "}"');
    if (Object.keys(row).length < members && this.repeated === "refused")
      throw this.#mistake("an object has a key twice, and only one value could be kept");
    if (keys !== null) keepKeyOrder(row, keys);
    return row;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do end = this.text.indexOf('"', end + 1);
    while (end >= 0 && this.#isEscaped(end));
    if (end < 0) throw this.#mistake("a text is never closed");
    const inner = this.text.slice(start + 1, end);
    this.#at = end + 1;
    if (!NOT_VERBATIM.test(inner)) return inner;
    try {
      return JSON.parse(`"${inner}"`) as string;
    } catch {
      this.#at = start;
      throw this.#mistake("a text holds a bare control character or an escape that JSON does not know");
    }
  }

  #isEscaped(quote: number): boolean {
    let start = quote;
    while (this.text[start - 1] === "\\") start--;
    return (quote - start) % 2 === 1;
  }

  #take(sign: string): boolean {
    if (this.#next() !== sign) return false;
    this.#at++;
    return true;
  }

  #unexpected(wanted: string): SyntaxError {
    const found = this.#next();
    return this.#mistake(`${wanted} must stand here, not ${found === undefined ? "the end" : JSON.stringify(found)}`);
  }

  #mistake(reason: string): SyntaxError {
    return new SyntaxError(`column ${this.#at + 1}: ${reason}`);
  }
}

const OWN = { enumerable: true, configurable: true, writable: true } as const;
