import type { Ranges } from "../../language/index.js";
import type { GrammarIr, IrNode } from "../ir.js";
import { withoutStrings } from "./writtenStrings.js";

/** Copies that llama.cpp lays out one by one. It refuses 2,000 and more, and each is an element of its grammar, so longer
 *  repetitions are made of blocks of this many copies. */
const BLOCK = 128;
/** Groups of more characters become rules, written once however often they occur. */
const LONGEST_GROUP = 60;

/** Writes the grammar in llama.cpp's GBNF, with the root rule named `root`.
 *  Every repetition of something compound gets a rule of its own: llama.cpp multiplies nested repetitions and refuses
 *  large products, but counts a rule's name as one. */
export function emitGbnf(grammar: GrammarIr): string {
  const ir = withoutStrings(grammar);
  const rules = Object.entries(ir.rules);
  const writer = new GbnfWriter(new Set(rules.map(([name]) => name)), ir.root);
  for (const [name, node] of rules) writer.rule(name, node);
  return `${writer.lines.join("\n")}\n`;
}

class GbnfWriter {
  readonly lines: string[] = [];
  /** Rules that are written under another name. */
  readonly #renamed: ReadonlyMap<string, string>;
  readonly #taken: Set<string>;
  /** Rules made for repetitions, by what they stand for. */
  readonly #shared = new Map<string, string>();
  /** What is written of nodes that may stand in many places: the states of automata share their sets of characters. */
  readonly #written = new Map<IrNode, string>();

  constructor(taken: Set<string>, root: string) {
    this.#taken = taken;
    const renamed = new Map([[root, "root"]]);
    if (root !== "root" && taken.has("root")) renamed.set("root", this.#freshName("root"));
    taken.add("root");
    this.#renamed = renamed;
  }

  #freshName(base: string): string {
    for (let count = 1; ; count++) {
      const name = `${base}-x${count}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }

  rule(name: string, node: IrNode): void {
    const place = this.lines.push("") - 1;
    const written = this.#nameOf(name);
    this.lines[place] = `${written} ::= ${this.#options(node, written)}`;
  }

  #nameOf(rule: string): string {
    return this.#renamed.get(rule) ?? rule;
  }

  #options(node: IrNode, rule: string): string {
    const options = node.kind === "choice" ? node.options : [node];
    return options.map((option) => this.#sequence(option, rule)).join(" | ");
  }

  #sequence(node: IrNode, rule: string): string {
    if (node.kind !== "seq") return this.#atom(node, rule);
    return node.parts.length === 0 ? '""' : node.parts.map((part) => this.#atom(part, rule)).join(" ");
  }

  #atom(node: IrNode, rule: string): string {
    if (node.kind === "ref") return this.#nameOf(node.rule);
    if (node.kind === "text") return quoted(node.text);
    let written = this.#written.get(node);
    if (written === undefined) {
      written = this.#compound(node, rule);
      this.#written.set(node, written);
    }
    return written;
  }

  #compound(node: Exclude<IrNode, { kind: "ref" | "text" }>, rule: string): string {
    switch (node.kind) {
      case "chars":
        return bracketed(node.ranges);
      case "repeat":
        return this.#repetition(this.#single(node.node, rule), node.min, node.max, rule);
      case "string":
        throw new Error("strings are written out before the rest");
      default: {
        const options = this.#options(node, rule);
        return options.length > LONGEST_GROUP ? this.#named(`${rule}-of`, options) : `(${options})`;
      }
    }
  }

  /** The node as one element that can be repeated. */
  #single(node: IrNode, rule: string): string {
    if (node.kind === "chars" || node.kind === "ref") return this.#atom(node, rule);
    return this.#named(`${rule}-of`, this.#options(node, rule));
  }

  #named(base: string, body: string): string {
    let name = this.#shared.get(body);
    if (name === undefined) {
      name = this.#freshName(base);
      this.#shared.set(body, name);
      this.lines.push(`${name} ::= ${body}`);
    }
    return name;
  }

  #repetition(single: string, min: number, max: number | null, rule: string): string {
    const least = min === 0 ? "" : this.#exactly(single, min, rule);
    if (max === null) return min === 0 ? `${single}*` : `${least} ${single}*`;
    if (max === min) return least;
    return `${least} ${this.#atMost(single, max - min, rule)}`.trimStart();
  }

  #exactly(single: string, count: number, rule: string): string {
    if (count <= BLOCK) return count === 1 ? single : `${single}{${count}}`;
    const block = this.#named(`${rule}-block`, `${single}{${BLOCK}}`);
    const rest = count % BLOCK;
    const blocks = this.#exactly(block, (count - rest) / BLOCK, rule);
    return rest === 0 ? blocks : `${blocks} ${this.#exactly(single, rest, rule)}`;
  }

  /** Up to `count` copies: whole blocks first, and then either a part of a block or, after all blocks, the rest. Where a
   *  block could still come the grammar follows two threads, the block and the part. */
  #atMost(single: string, count: number, rule: string): string {
    if (count <= BLOCK) return count === 1 ? `${single}?` : `${single}{0,${count}}`;
    let block = single;
    let size = 1;
    while (size * BLOCK < count) {
      block = this.#named(`${rule}-block`, `${block}{${BLOCK}}`);
      size *= BLOCK;
    }
    const rest = count % size;
    let chain = rest === 0 ? '""' : this.#named(`${rule}-part`, this.#atMost(single, rest, rule));
    const part = this.#named(`${rule}-part`, this.#atMost(single, size - 1, rule));
    for (let blocks = (count - rest) / size; blocks > 0; blocks--) {
      chain = this.#named(`${rule}-long`, `${block} ${chain} | ${part}`);
    }
    return chain;
  }
}

function quoted(value: string): string {
  return `"${[...value].map((char) => (/[ !#-[\]-~]/.test(char) ? char : escaped(char.codePointAt(0)!))).join("")}"`;
}

function bracketed(ranges: Ranges): string {
  const parts = ranges.map(([first, last]) => (first === last ? inClass(first) : `${inClass(first)}-${inClass(last)}`));
  return `[${parts.join("")}]`;
}

function inClass(codePoint: number): string {
  const char = String.fromCodePoint(codePoint);
  return /[0-9A-Za-z]/.test(char) ? char : escaped(codePoint);
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
