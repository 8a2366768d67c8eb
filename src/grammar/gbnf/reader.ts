import { InputError } from "../../errors.js";
import { differenceOf, intersectionOf, type Ranges, SCALARS, unionOf } from "../../language/index.js";
import {
  chars,
  choiceOf,
  EMPTY,
  type GrammarIr,
  type IrNode,
  isNever,
  NEVER,
  ref,
  repeat,
  seqOf,
  text,
} from "../ir.js";
import { pruned } from "../measure.js";
import { findLeftRecursion, nullableRules } from "./leftRecursion.js";

/** Most copies that llama.cpp lays out; a larger upper bound means any number to it. */
const MOST_COPIES = 2000;
const MOST_DEPTH = 500;

/** Reads a grammar in llama.cpp's GBNF (its grammars/README.md and llama_grammar_parser of the bundled release), whose
 *  root rule is `root`. A rule that is written twice counts as it was written last.
 *  @throws {InputError} ROWMILL_INVALID_GRAMMAR with line and column: a mistake of syntax, a rule that is not there, a rule that
 *    begins with itself, a token by its id or name; ROWMILL_UNSATISFIABLE_GRAMMAR when no text fits */
export function readGbnf(source: string): GrammarIr {
  const ir = new GbnfParser(source).parse();
  const loop = findLeftRecursion(ir);
  if (loop !== null)
    throw invalid(
      `the rule ${loop} may begin with itself (left recursion), which can't be followed from left to right: put something before it`,
    );
  const { root, rules } = withoutEmptyCopies(ir);
  const kept = pruned(root, new Map(Object.entries(rules)));
  if (kept === null)
    throw new InputError(
      "ROWMILL_UNSATISFIABLE_GRAMMAR",
      "No text fits the output grammar: its rule root needs something that never ends or that no character is in.",
    );
  return kept;
}

function invalid(reason: string): InputError {
  return new InputError("ROWMILL_INVALID_GRAMMAR", `The output grammar can't be used: ${reason}.`);
}

const ESCAPES: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n" };
const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class GbnfParser {
  readonly #chars: readonly string[];
  readonly #rules = new Map<string, IrNode>();
  /** Where each rule is first asked for. */
  readonly #uses = new Map<string, number>();
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source.replace(/^\uFEFF/, "")];
  }

  parse(): GrammarIr {
    this.#space(true);
    while (this.#at < this.#chars.length) this.#rule();
    for (const [name, place] of this.#uses)
      if (!this.#rules.has(name)) throw this.#mistake(`there is no rule ${name}`, place);
    if (!this.#rules.has("root")) throw invalid("it has no rule named root");
    return { root: "root", rules: Object.fromEntries(this.#rules) };
  }

  #mistake(reason: string, at = this.#at): InputError {
    const before = this.#chars.slice(0, at).join("").split("\n");
    return invalid(`line ${before.length}, column ${[...before.at(-1)!].length + 1}: ${reason}`);
  }

  #expected(what: string): InputError {
    const found = this.#chars[this.#at];
    return this.#mistake(
      `${what} is expected${found === undefined ? ", and the grammar ends" : `, not ${JSON.stringify(found)}`}`,
    );
  }

  #peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? "";
  }

  #eat(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** White space and comments; line ends only within brackets and before a rule. */
  #space(newlines: boolean): void {
    for (;;) {
      const char = this.#peek();
      if (char === "#") while (this.#at < this.#chars.length && !/[\r\n]/.test(this.#peek())) this.#at++;
      else if (char === " " || char === "\t" || (newlines && (char === "\r" || char === "\n"))) this.#at++;
      else return;
    }
  }

  #word(pattern: RegExp): string {
    const from = this.#at;
    while (pattern.test(this.#peek())) this.#at++;
    return this.#chars.slice(from, this.#at).join("");
  }

  #rule(): void {
    const name = this.#word(/[A-Za-z0-9-]/);
    if (name === "") throw this.#expected("a rule's name (letters, digits, -)");
    this.#space(false);
    for (const sign of "::=") if (!this.#eat(sign)) throw this.#expected(`::= after ${name}`);
    this.#space(true);
    this.#rules.set(name, this.#alternatives(false, 0));
    const end = this.#peek();
    if (end !== "" && end !== "\r" && end !== "\n") throw this.#expected("the rule's end");
    this.#space(true);
  }

  #alternatives(isNested: boolean, depth: number): IrNode {
    if (depth > MOST_DEPTH) throw this.#mistake(`groups are nested more than ${MOST_DEPTH} deep`);
    const options = [this.#sequence(isNested, depth)];
    while (this.#eat("|")) {
      this.#space(true);
      options.push(this.#sequence(isNested, depth));
    }
    return choiceOf(options);
  }

  #sequence(isNested: boolean, depth: number): IrNode {
    const parts: IrNode[] = [];
    let copies = 1;
    for (;;) {
      const start = this.#at;
      const symbol = this.#symbol(isNested, depth);
      if (symbol !== null) {
        parts.push(symbol);
        copies = 1;
        continue;
      }
      const bounds = this.#bounds(isNested);
      if (bounds === null) return sequenceOf(parts);
      const [min, max] = bounds;
      const before = parts.pop();
      if (before === undefined) throw this.#mistake("there is nothing before it to repeat", start);
      copies *= Math.max(1, (max ?? 0) || min);
      if (copies >= MOST_COPIES)
        throw this.#mistake(`repetitions come to ${MOST_COPIES} and more, which llama.cpp refuses`, start);
      parts.push({ kind: "repeat", node: before, min, max });
    }
  }

  #symbol(isNested: boolean, depth: number): IrNode | null {
    const char = this.#peek();
    let node: IrNode;
    if (this.#eat('"')) node = this.#literal();
    else if (this.#eat("[")) node = this.#class();
    else if (this.#eat(".")) node = chars(SCALARS);
    else if (this.#eat("(")) {
      this.#space(true);
      node = this.#alternatives(true, depth + 1);
      if (!this.#eat(")")) throw this.#expected("a closing )");
    } else if (/[A-Za-z0-9-]/.test(char)) {
      const place = this.#at;
      const name = this.#word(/[A-Za-z0-9-]/);
      if (!this.#uses.has(name)) this.#uses.set(name, place);
      node = ref(name);
    } else if (char === "<" || (char === "!" && this.#peek(1) === "<"))
      throw this.#mistake("<…> names a token of one model's vocabulary: write the text instead");
    else return null;
    this.#space(isNested);
    return node;
  }

  /** The repetition that follows, null when none does. */
  #bounds(isNested: boolean): readonly [min: number, max: number | null] | null {
    const spaced = <T>(value: T): T => {
      this.#space(isNested);
      return value;
    };
    if (this.#eat("*")) return spaced([0, null]);
    if (this.#eat("+")) return spaced([1, null]);
    if (this.#eat("?")) return spaced([0, 1]);
    const start = this.#at;
    if (!this.#eat("{")) return null;
    this.#space(isNested);
    const least = spaced(this.#word(/\d/));
    if (least === "") throw this.#expected("a number");
    let most = least;
    if (!this.#eat("}")) {
      if (!this.#eat(",")) throw this.#expected(", or }");
      this.#space(isNested);
      most = spaced(this.#word(/\d/));
      if (!this.#eat("}")) throw this.#expected("}");
    }
    this.#space(isNested);
    const min = Number(least);
    const max = most === "" || Number(most) > MOST_COPIES ? null : Number(most);
    if (min > MOST_COPIES) throw this.#mistake(`more than ${MOST_COPIES} copies, which llama.cpp refuses`, start);
    if (max !== null && max < min)
      throw this.#mistake(`{${least},${most}} asks for at least ${least} and at most ${most}`, start);
    return [min, max];
  }

  #literal(): IrNode {
    const parts: IrNode[] = [];
    while (!this.#eat('"')) parts.push(characters([this.#codePoints()]));
    return sequenceOf(parts);
  }

  #class(): IrNode {
    const isNegated = this.#eat("^");
    const ranges: [number, number][] = [];
    let isEmpty = true;
    while (!this.#eat("]")) {
      isEmpty = false;
      const [first] = this.#codePoints();
      const isRange = this.#peek() === "-" && this.#peek(1) !== "]";
      if (isRange) this.#at++;
      const last = isRange ? this.#codePoints()[0] : first;
      if (first <= last) ranges.push([first, last]);
    }
    // as llama.cpp has it
    if (isEmpty) return EMPTY;
    const all = unionOf(ranges);
    return isNegated ? chars(differenceOf(SCALARS, all)) : characters(all);
  }

  /** The next character, in any of its spellings, as a range of its own. */
  #codePoints(): readonly [first: number, last: number] {
    const char = this.#peek();
    if (char === "") throw this.#expected('a closing " or ]');
    this.#at++;
    if (char !== "\\") return both(char.codePointAt(0)!);
    const letter = this.#peek();
    const length = HEX_LENGTHS[letter];
    if (length !== undefined) {
      const digits = this.#chars.slice(this.#at + 1, this.#at + 1 + length).join("");
      if (!/^[0-9A-Fa-f]+$/.test(digits) || digits.length !== length)
        throw this.#mistake(`\\${letter} takes ${length} hexadecimal digits`, this.#at - 1);
      this.#at += 1 + length;
      return both(Number.parseInt(digits, 16));
    }
    const plain = ESCAPES[letter] ?? (/^[\\"[\]-]$/.test(letter) ? letter : null);
    if (plain === null) throw this.#mistake(`there is no escape \\${letter}`, this.#at - 1);
    this.#at++;
    return both(plain.codePointAt(0)!);
  }
}

function both(codePoint: number): readonly [number, number] {
  return [codePoint, codePoint];
}

function characters(ranges: Ranges): IrNode {
  const scalars = intersectionOf(ranges, SCALARS);
  const [only] = scalars;
  const isOne = scalars.length === 1 && only![0] === only![1];
  return isOne ? text(String.fromCodePoint(only![0])) : chars(scalars);
}

function sequenceOf(parts: readonly IrNode[]): IrNode {
  return parts.some(isNever) ? NEVER : seqOf(parts);
}

/** Writes out bounded repetitions of what may be empty, so that a repetition always repeats something. */
function withoutEmptyCopies(ir: GrammarIr): GrammarIr {
  const isNullable = nullableRules(ir);
  const rewrite = (node: IrNode): IrNode => {
    switch (node.kind) {
      case "seq":
        return sequenceOf(node.parts.map(rewrite));
      case "choice":
        return choiceOf(node.options.map(rewrite));
      case "repeat": {
        const body = rewrite(node.node);
        if (!isNullable(body) || node.max === null) return repeat(body, node.min, node.max);
        return sequenceOf(Array<IrNode>(node.max).fill(body));
      }
      default:
        return node;
    }
  };
  return {
    root: ir.root,
    rules: Object.fromEntries(Object.entries(ir.rules).map(([name, node]) => [name, rewrite(node)])),
  };
}
