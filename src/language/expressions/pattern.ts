import { differenceOf, intersectionOf, type Ranges, SCALARS, unionOf } from "../automata/index.js";
import { DIGITS, LINE_ENDS, propertyRanges, WHITE, WORD } from "./characterClasses.js";
import { regularExpression } from "./regularExpression.js";

/** A regular expression as a tree. */
export type Pattern =
  | { readonly kind: "class"; readonly ranges: Ranges }
  | { readonly kind: "seq"; readonly parts: readonly Pattern[] }
  | { readonly kind: "alt"; readonly options: readonly Pattern[] }
  | { readonly kind: "repeat"; readonly body: Pattern; readonly min: number; readonly max: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "look" | "behind"; readonly isNegative: boolean; readonly body: Pattern };

/** The expression is right but has a part that no automaton here can follow; `message` names it. */
export class UnsupportedPattern extends Error {}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const ASSERTIONS: ReadonlySet<Pattern["kind"]> = new Set(["start", "end", "look", "behind"]);
const NOT_DIGITS = differenceOf(SCALARS, DIGITS);
const NOT_WORD = differenceOf(SCALARS, WORD);
const NOT_WHITE = differenceOf(SCALARS, WHITE);
const NO_LINE_END = differenceOf(SCALARS, LINE_ENDS);
const CLASS_ESCAPES: Readonly<Record<string, Ranges>> = {
  d: DIGITS,
  D: NOT_DIGITS,
  w: WORD,
  W: NOT_WORD,
  s: WHITE,
  S: NOT_WHITE,
};
const WORD_CLASS: Pattern = { kind: "class", ranges: WORD };
const EMPTY: Pattern = { kind: "seq", parts: [] };

/** Parses an ECMA-262 regular expression: with the flag `u`, as JSON Schema has it, and in the older grammar (Annex B)
 *  where only that takes it, characters then still being code points. Groups capture nothing, laziness makes no difference
 *  to what matches.
 *  @throws {UnsupportedPattern} for back-references and what is nested too deep
 *  @throws {SyntaxError} when it is no regular expression */
export function parsePattern(source: string): Pattern {
  const isLenient = !regularExpression(source).unicode;
  return new PatternParser(source, isLenient).parse();
}

class PatternParser {
  readonly #chars: readonly string[];
  /** The older grammar: what it does not understand stands for itself. */
  readonly #isLenient: boolean;
  readonly #groupCount: number;
  readonly #hasNames: boolean;
  #at = 0;

  constructor(source: string, isLenient: boolean) {
    this.#chars = [...source];
    this.#isLenient = isLenient;
    this.#groupCount = isLenient ? groupsIn(source) : 0;
    this.#hasNames = /\(\?<[^=!]/.test(source);
  }

  parse(): Pattern {
    return this.#alternatives(0);
  }

  #eat(expected: string): boolean {
    for (let index = 0; index < expected.length; index++) {
      if (this.#chars[this.#at + index] !== expected[index]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  #until(end: string): string {
    const from = this.#at;
    while (this.#chars[this.#at] !== end) this.#at++;
    return this.#chars.slice(from, this.#at++).join("");
  }

  #alternatives(depth: number): Pattern {
    if (depth > 200) throw new UnsupportedPattern("groups nested more than 200 deep");
    const options = [this.#sequence(depth)];
    while (this.#eat("|")) options.push(this.#sequence(depth));
    return options.length === 1 ? options[0]! : { kind: "alt", options };
  }

  #sequence(depth: number): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#chars.length && this.#chars[this.#at] !== "|" && this.#chars[this.#at] !== ")") {
      const atom = this.#atom(depth);
      parts.push(this.#quantified(atom));
    }
    return parts.length === 1 ? parts[0]! : { kind: "seq", parts };
  }

  #quantified(atom: Pattern): Pattern {
    const bounds = this.#quantifier();
    if (bounds === null) return atom;
    this.#eat("?");
    const { min, max } = bounds;
    // an assertion that need not hold says nothing, and one that holds goes on holding
    if (ASSERTIONS.has(atom.kind)) return min === 0 ? EMPTY : atom;
    return { kind: "repeat", body: atom, min, max };
  }

  #quantifier(): { readonly min: number; readonly max: number } | null {
    const many = Number.POSITIVE_INFINITY;
    if (this.#eat("*")) return { min: 0, max: many };
    if (this.#eat("+")) return { min: 1, max: many };
    if (this.#eat("?")) return { min: 0, max: 1 };
    if (this.#chars[this.#at] !== "{") return null;
    let end = this.#at + 1;
    while (end < this.#chars.length && /[\d,]/.test(this.#chars[end]!)) end++;
    const counts = /^(\d+)(,(\d*))?$/.exec(this.#chars.slice(this.#at + 1, end).join(""));
    // without the flag a brace that is no quantifier's stands for itself
    if (counts === null || this.#chars[end] !== "}") return null;
    this.#at = end + 1;
    const min = Number(counts[1]);
    return { min, max: counts[2] === undefined ? min : counts[3] === "" ? many : Number(counts[3]) };
  }

  #atom(depth: number): Pattern {
    if (this.#eat("^")) return { kind: "start" };
    if (this.#eat("$")) return { kind: "end" };
    if (this.#eat(".")) return { kind: "class", ranges: NO_LINE_END };
    if (this.#eat("[")) return { kind: "class", ranges: this.#bracket() };
    if (this.#eat("(")) return this.#group(depth);
    if (this.#eat("\\b")) return wordBoundary(false);
    if (this.#eat("\\B")) return wordBoundary(true);
    if (this.#eat("\\")) return { kind: "class", ranges: this.#escape(false) };
    return { kind: "class", ranges: single(this.#chars[this.#at++]!.codePointAt(0)!) };
  }

  #group(depth: number): Pattern {
    const look = this.#lookKind();
    if (look === null) {
      if (this.#eat("?<")) this.#until(">");
      else if (!this.#eat("?:") && this.#chars[this.#at] === "?") throw new UnsupportedPattern("a group with flags");
    }
    const body = this.#alternatives(depth + 1);
    this.#eat(")");
    return look === null ? body : { ...look, body };
  }

  #lookKind(): { readonly kind: "look" | "behind"; readonly isNegative: boolean } | null {
    if (this.#eat("?=")) return { kind: "look", isNegative: false };
    if (this.#eat("?!")) return { kind: "look", isNegative: true };
    if (this.#eat("?<=")) return { kind: "behind", isNegative: false };
    return this.#eat("?<!") ? { kind: "behind", isNegative: true } : null;
  }

  #bracket(): Ranges {
    const isNegated = this.#eat("^");
    const sets: Ranges[] = [];
    while (!this.#eat("]")) {
      const first = this.#bracketAtom();
      const isRange = this.#chars[this.#at] === "-" && this.#chars[this.#at + 1] !== "]";
      if (!isRange) {
        sets.push(first.ranges);
        continue;
      }
      this.#at++;
      const last = this.#bracketAtom();
      // in the older grammar a range from or to a class is both of them and the hyphen
      if (first.isClass || last.isClass) sets.push(first.ranges, single(0x2d), last.ranges);
      else sets.push(intersectionOf(SCALARS, [[first.ranges[0]![0], last.ranges[0]![0]]]));
    }
    const all = intersectionOf(SCALARS, unionOf(...sets));
    return isNegated ? differenceOf(SCALARS, all) : all;
  }

  #bracketAtom(): { readonly ranges: Ranges; readonly isClass: boolean } {
    if (this.#eat("\\b")) return { ranges: single(8), isClass: false };
    if (this.#eat("\\")) {
      const isClass =
        /[dDwWsS]/.test(this.#chars[this.#at]!) || (!this.#isLenient && /p/i.test(this.#chars[this.#at]!));
      return { ranges: this.#escape(true), isClass };
    }
    return { ranges: single(this.#chars[this.#at++]!.codePointAt(0)!), isClass: false };
  }

  #escape(isInBracket: boolean): Ranges {
    const char = this.#chars[this.#at++]!;
    if (Object.hasOwn(CLASS_ESCAPES, char)) return CLASS_ESCAPES[char]!;
    if (Object.hasOwn(CONTROLS, char)) return single(CONTROLS[char]!);
    if ((char === "p" || char === "P") && !this.#isLenient) {
      this.#at++;
      const ranges = propertyRanges(this.#until("}"));
      return char === "p" ? ranges : differenceOf(SCALARS, ranges);
    }
    if (char >= "0" && char <= "9") return this.#numbered(char, isInBracket);
    if (char === "k" && (!this.#isLenient || this.#hasNames)) throw new UnsupportedPattern("a back-reference");
    if (char === "c") return this.#controlLetter(isInBracket && this.#isLenient);
    if (char === "x") return single(this.#hex(2) ?? 0x78);
    if (char === "u") return single(this.#unicodeEscape());
    return single(char.codePointAt(0)!);
  }

  /** `\0`, a back-reference, or in the older grammar an octal number. */
  #numbered(first: string, isInBracket: boolean): Ranges {
    let digits = first;
    for (let at = this.#at; /^\d$/.test(this.#chars[at] ?? ""); at++) digits += this.#chars[at]!;
    if (!this.#isLenient) {
      if (first === "0") return single(0);
      throw new UnsupportedPattern("a back-reference");
    }
    if (first !== "0" && !isInBracket && Number(digits) <= this.#groupCount)
      throw new UnsupportedPattern("a back-reference");
    const octal = /^(?:[0-3]?[0-7]{1,2}|[0-7])/.exec(digits)?.[0];
    if (octal === undefined) return single(first.charCodeAt(0));
    this.#at += octal.length - 1;
    return single(Number.parseInt(octal, 8));
  }

  #controlLetter(hasDigits: boolean): Ranges {
    const letter = this.#chars[this.#at] ?? "";
    if (!(hasDigits ? /^\w$/ : /^[A-Za-z]$/).test(letter)) {
      // the backslash stands for itself, and the letter c is read again
      this.#at--;
      return single(0x5c);
    }
    this.#at++;
    return single(letter.charCodeAt(0) % 32);
  }

  #unicodeEscape(): number {
    if (!this.#isLenient && this.#eat("{")) return Number.parseInt(this.#until("}"), 16);
    const unit = this.#hex(4);
    if (unit === null) return 0x75;
    const from = this.#at;
    if (unit < 0xd800 || unit > 0xdbff || !this.#eat("\\u")) return unit;
    const trail = this.#hex(4);
    if (trail !== null && trail >= 0xdc00 && trail <= 0xdfff)
      return 0x10000 + ((unit - 0xd800) << 10) + (trail - 0xdc00);
    this.#at = from;
    return unit;
  }

  #hex(digits: number): number | null {
    const text = this.#chars.slice(this.#at, this.#at + digits).join("");
    if (text.length < digits || !/^[0-9a-fA-F]+$/.test(text)) return null;
    this.#at += digits;
    return Number.parseInt(text, 16);
  }
}

/** Where a word begins or ends, or where none does. */
function wordBoundary(isNegated: boolean): Pattern {
  const between = (wasWord: boolean, isWord: boolean): Pattern => ({
    kind: "seq",
    parts: [
      { kind: "behind", isNegative: !wasWord, body: WORD_CLASS },
      { kind: "look", isNegative: !isWord, body: WORD_CLASS },
    ],
  });
  return { kind: "alt", options: [between(true, isNegated), between(false, !isNegated)] };
}

/** Groups that capture. */
function groupsIn(source: string): number {
  const plain = source.replace(/\\./gs, "").replace(/\[[^\]]*\]/g, "");
  return [...plain.matchAll(/\((?!\?)|\(\?<(?![=!])/g)].length;
}

const ASCII: readonly Ranges[] = Array.from({ length: 128 }, (_, code) => [[code, code]]);

function single(codePoint: number): Ranges {
  return ASCII[codePoint] ?? [[codePoint, codePoint]];
}
