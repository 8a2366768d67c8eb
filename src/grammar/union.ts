import { type AddRule, choiceOf, EMPTY, type IrNode, seq, text } from "./ir.js";

/** Up to so many options are written side by side: a text has no more readings than that. */
const MOST_SIDE_BY_SIDE = 256;

/** The options as a choice; many of them so that shared beginnings are written once, and what may follow several of them
 *  once too. A mask then follows one reading of the text and not one an option.
 *  @param name  of the rules that are added, with a number behind it */
export function unionNode(options: readonly IrNode[], name: string, addRule: AddRule): IrNode {
  const flat = options.flatMap((option) => (option.kind === "choice" ? option.options : [option]));
  return flat.length <= MOST_SIDE_BY_SIDE ? choiceOf(flat) : new Union(name, addRule).of(flat);
}

/** Like unionNode for texts, however few. */
export function textsNode(texts: readonly string[], name: string, addRule: AddRule): IrNode {
  return new Union(name, addRule).of(texts.map(text));
}

/** In a spelling, what is no text: this mark, and two characters that say which node. No text of JSON has it raw. */
const MARK = "\u0001";
const DIGITS = 0x4000;
const FIRST_DIGIT = 0x20;
const MARK_LENGTH = 3;

/** Levels between two rules, so that no rule nests deep. */
const LEVELS_PER_RULE = 8;

class Union {
  readonly #name: string;
  readonly #addRule: AddRule;
  readonly #nodes: IrNode[] = [];
  readonly #marks = new Map<string | IrNode, string>();
  /** What may follow, by what it is: a node, and how deep it nests. */
  readonly #known = new Map<string, Tail>();
  readonly #tails: Tail[] = [];

  constructor(name: string, addRule: AddRule) {
    this.#name = name;
    this.#addRule = addRule;
  }

  of(options: readonly IrNode[]): IrNode {
    const spellings = [...new Set(options.map((option) => this.#spelling(option)))].sort();
    return this.#nodeOf(this.#tail(spellings, 0, spellings.length, 0));
  }

  #spelling(option: IrNode): string {
    if (option.kind === "seq") return option.parts.map((part) => this.#spelling(part)).join("");
    // a control character is no text of JSON, but may stand in a list of choices
    if (option.kind === "text" && !option.text.includes(MARK)) return option.text;
    const key =
      option.kind === "ref" ? option.rule : option.kind === "text" ? `${MARK}${option.text}` : JSON.stringify(option);
    let mark = this.#marks.get(key);
    if (mark === undefined) {
      const number = this.#nodes.push(option) - 1;
      mark = `${MARK}${digit(Math.floor(number / DIGITS))}${digit(number % DIGITS)}`;
      this.#marks.set(key, mark);
    }
    return mark;
  }

  /** What the spellings of a range, alike up to `from`, go on with. */
  #tail(spellings: readonly string[], first: number, end: number, from: number): Tail {
    const mayEnd = spellings[first]!.length === from;
    const branches: Branch[] = [];
    for (let at = mayEnd ? first + 1 : first; at < end; ) {
      const groupEnd = endOfGroup(spellings, at, end, from);
      const shared = sharedLength(spellings[at]!, spellings[groupEnd - 1]!, from);
      const tail = this.#tail(spellings, at, groupEnd, shared);
      branches.push({ label: spellings[at]!.slice(from, shared), tail });
      at = groupEnd;
    }
    const key = `${mayEnd} ${branches.map(({ label, tail }) => `${tail.number} ${label.length} ${label}`).join("")}`;
    let tail = this.#known.get(key);
    if (tail === undefined) {
      const depth = branches.reduce((most, branch) => Math.max(most, branch.tail.depth + 1), 0);
      tail = { number: this.#tails.length, mayEnd, branches, depth, uses: 0, node: null };
      this.#tails.push(tail);
      this.#known.set(key, tail);
      for (const branch of branches) branch.tail.uses++;
    }
    return tail;
  }

  #nodeOf(tail: Tail): IrNode {
    // from the last tail up: those that a tail needs were numbered before it
    for (const one of this.#tails) {
      const options = one.branches.map(({ label, tail: rest }) => seq(...this.#parts(label), rest.node!));
      if (one.mayEnd) options.unshift(EMPTY);
      const node: IrNode = options.length === 1 ? options[0]! : { kind: "choice", options };
      const isRule = one.branches.length > 0 && (one.uses > 1 || one.depth % LEVELS_PER_RULE === LEVELS_PER_RULE - 1);
      one.node = isRule ? this.#addRule(`${this.#name}-u${one.number}`, () => node) : node;
    }
    return tail.node!;
  }

  #parts(label: string): IrNode[] {
    if (!label.includes(MARK)) return [text(label)];
    const parts: IrNode[] = [];
    let at = 0;
    for (let mark = label.indexOf(MARK); mark >= 0; mark = label.indexOf(MARK, at)) {
      parts.push(text(label.slice(at, mark)), this.#nodes[numberOf(label, mark + 1)]!);
      at = mark + MARK_LENGTH;
    }
    return [...parts, text(label.slice(at))];
  }
}

interface Branch {
  readonly label: string;
  readonly tail: Tail;
}

interface Tail {
  readonly number: number;
  readonly mayEnd: boolean;
  readonly branches: readonly Branch[];
  readonly depth: number;
  uses: number;
  node: IrNode | null;
}

function digit(value: number): string {
  return String.fromCharCode(FIRST_DIGIT + value);
}

function numberOf(label: string, at: number): number {
  return (label.charCodeAt(at) - FIRST_DIGIT) * DIGITS + label.charCodeAt(at + 1) - FIRST_DIGIT;
}

/** Where what begins at `from` with one character, or one mark, ends within a sorted range. */
function endOfGroup(spellings: readonly string[], first: number, end: number, from: number): number {
  const lead = spellings[first]!.slice(from, from + unitLength(spellings[first]!, from));
  // the last that begins so: found by halves, since the range is sorted
  let [low, high] = [first + 1, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spellings[middle]!.startsWith(lead, from)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of two sorted spellings, and so of all between them, the length that they share, in whole characters and marks. */
function sharedLength(first: string, last: string, from: number): number {
  let length = from;
  for (;;) {
    if (length >= first.length) return length;
    const unit = unitLength(first, length);
    if (!last.startsWith(first.slice(length, length + unit), length)) return length;
    length += unit;
  }
}

/** Units of UTF-16 that the character or mark at a place has. */
function unitLength(spelling: string, at: number): number {
  if (spelling[at] === MARK) return MARK_LENGTH;
  return spelling.codePointAt(at)! > 0xffff ? 2 : 1;
}
