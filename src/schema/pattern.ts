import { differenceOf, rangesWhere, SCALARS, unionOf } from "./codePoints.js";
import type { Ranges } from "./ir.js";

/** A regular expression as a tree. */
export type Pattern =
  | { readonly kind: "class"; readonly ranges: Ranges }
  | { readonly kind: "seq"; readonly parts: readonly Pattern[] }
  | { readonly kind: "alt"; readonly options: readonly Pattern[] }
  | { readonly kind: "repeat"; readonly body: Pattern; readonly min: number; readonly max: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "look"; readonly isNegative: boolean; readonly body: Pattern };

/** The expression is right but has a part that no automaton here can follow; `message` names it. */
export class UnsupportedPattern extends Error {}

const DIGITS: Ranges = [[0x30, 0x39]];
const WORD: Ranges = [DIGITS[0]!, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const LINE_ENDS: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const NEVER_REPEATED = new Set(["start", "end", "look"]);
const propertyRanges = new Map<string, Ranges>();

/** Parses an ECMA-262 regular expression (flag `u`, as JSON Schema has it). Groups capture nothing, laziness makes no
 *  difference to what matches.
 *  @throws {UnsupportedPattern} for back-references, look-behind and word boundaries
 *  @throws {SyntaxError} when it is no regular expression */
export function parsePattern(source: string): Pattern {
  new RegExp(source, "u");
  return new PatternParser(source).parse();
}

class PatternParser {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
  }

  parse(): Pattern {
    return this.#alternatives(0);
  }

  #eat(expected: string): boolean {
    const found = this.#chars.slice(this.#at, this.#at + expected.length).join("") === expected;
    if (found) this.#at += expected.length;
    return found;
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
    return { kind: "seq", parts };
  }

  #quantified(atom: Pattern): Pattern {
    let [min, max] = [1, 1];
    if (this.#eat("*")) [min, max] = [0, Number.POSITIVE_INFINITY];
    else if (this.#eat("+")) [min, max] = [1, Number.POSITIVE_INFINITY];
    else if (this.#eat("?")) [min, max] = [0, 1];
    else if (this.#eat("{")) {
      const [least, most] = this.#until("}").split(",");
      min = Number(least);
      max = most === undefined ? min : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    } else return atom;
    this.#eat("?");
    if (NEVER_REPEATED.has(atom.kind)) throw new UnsupportedPattern("a repeated assertion");
    return { kind: "repeat", body: atom, min, max };
  }

  #atom(depth: number): Pattern {
    if (this.#eat("^")) return { kind: "start" };
    if (this.#eat("$")) return { kind: "end" };
    if (this.#eat(".")) return { kind: "class", ranges: differenceOf(SCALARS, LINE_ENDS) };
    if (this.#eat("[")) return { kind: "class", ranges: this.#bracket() };
    if (this.#eat("(")) return this.#group(depth);
    if (this.#eat("\\")) return { kind: "class", ranges: this.#escape() };
    return { kind: "class", ranges: single(this.#chars[this.#at++]!.codePointAt(0)!) };
  }

  #group(depth: number): Pattern {
    let look: boolean | null = null;
    if (this.#eat("?=")) look = false;
    else if (this.#eat("?!")) look = true;
    else if (this.#eat("?<=") || this.#eat("?<!")) throw new UnsupportedPattern("look-behind");
    else if (this.#eat("?<")) this.#until(">");
    else if (!this.#eat("?:") && this.#chars[this.#at] === "?") throw new UnsupportedPattern("a group with flags");
    const body = this.#alternatives(depth + 1);
    this.#eat(")");
    return look === null ? body : { kind: "look", isNegative: look, body };
  }

  #bracket(): Ranges {
    const isNegated = this.#eat("^");
    const sets: Ranges[] = [];
    while (!this.#eat("]")) {
      const first = this.#bracketAtom();
      const isRange = this.#chars[this.#at] === "-" && this.#chars[this.#at + 1] !== "]";
      if (!isRange) {
        sets.push(first);
        continue;
      }
      this.#at++;
      sets.push([[first[0]![0], this.#bracketAtom()[0]![0]]]);
    }
    const all = unionOf(...sets);
    return isNegated ? differenceOf(SCALARS, all) : all;
  }

  #bracketAtom(): Ranges {
    if (this.#eat("\\b")) return single(8);
    if (this.#eat("\\")) return this.#escape();
    return single(this.#chars[this.#at++]!.codePointAt(0)!);
  }

  #escape(): Ranges {
    const char = this.#chars[this.#at++]!;
    if (char === "d") return DIGITS;
    if (char === "D") return differenceOf(SCALARS, DIGITS);
    if (char === "w") return WORD;
    if (char === "W") return differenceOf(SCALARS, WORD);
    if (char === "s" || char === "S") return matching(`\\${char}`);
    if (char === "p" || char === "P") {
      this.#at++;
      return matching(`\\${char}{${this.#until("}")}}`);
    }
    if (char === "b" || char === "B") throw new UnsupportedPattern("a word boundary (\\b)");
    if (char === "k" || (char >= "1" && char <= "9")) throw new UnsupportedPattern("a back-reference");
    if (char === "c") return single(this.#chars[this.#at++]!.codePointAt(0)! % 32);
    if (char === "x") return single(this.#hex(2));
    if (char === "u") return single(this.#unicodeEscape());
    return single(CONTROLS[char] ?? char.codePointAt(0)!);
  }

  #unicodeEscape(): number {
    if (this.#eat("{")) return Number.parseInt(this.#until("}"), 16);
    const unit = this.#hex(4);
    const isLead = unit >= 0xd800 && unit <= 0xdbff;
    if (!isLead || !this.#eat("\\u")) return unit;
    return 0x10000 + ((unit - 0xd800) << 10) + (this.#hex(4) - 0xdc00);
  }

  #hex(digits: number): number {
    const text = this.#chars.slice(this.#at, this.#at + digits).join("");
    this.#at += digits;
    return Number.parseInt(text, 16);
  }
}

function single(codePoint: number): Ranges {
  return [[codePoint, codePoint]];
}

/** The characters that a class escape stands for, asked of the runtime itself, so that both mean the same Unicode. */
function matching(classEscape: string): Ranges {
  let ranges = propertyRanges.get(classEscape);
  if (ranges === undefined) {
    const expression = new RegExp(`^${classEscape}$`, "u");
    ranges = rangesWhere((codePoint) => expression.test(String.fromCodePoint(codePoint)));
    propertyRanges.set(classEscape, ranges);
  }
  return ranges;
}
