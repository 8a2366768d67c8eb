import { hasCodePoint } from "../language/index.js";
import type { GrammarIr, IrNode } from "./ir.js";

/** What is left to read; the same object for the same rest, so that a set holds each once. */
interface Rest {
  readonly node: IrNode;
  readonly next: Rest | null;
  /** Copies of a repetition that are behind us. */
  readonly copies: number;
  /** Characters of a text that are behind us. */
  readonly offset: number;
}

/** Whether a text is one of a grammar without JSON strings, read from GBNF or an expression: all readings are followed at once, as llama.cpp does it.
 *  The grammar must not be left-recursive. */
export function matchesGrammar(ir: GrammarIr, input: string): boolean {
  return new Readings(ir).matches(input);
}

class Readings {
  readonly #ir: GrammarIr;
  readonly #nodeIds = new Map<IrNode, number>();
  readonly #rests = new Map<string, Rest>();
  readonly #restIds = new Map<Rest | null, number>([[null, 0]]);

  constructor(ir: GrammarIr) {
    this.#ir = ir;
  }

  matches(input: string): boolean {
    let readings = this.#opened([this.#rest(this.#ir.rules[this.#ir.root]!, null)]);
    for (const char of input) {
      readings = this.#opened([...readings].flatMap((rest) => this.#after(rest, char)));
      if (readings.size === 0) return false;
    }
    return readings.has(null);
  }

  #rest(node: IrNode, next: Rest | null, copies = 0, offset = 0): Rest {
    const nodeId = this.#nodeIds.get(node) ?? this.#nodeIds.size;
    this.#nodeIds.set(node, nodeId);
    const key = `${nodeId} ${this.#restIds.get(next)} ${copies} ${offset}`;
    let rest = this.#rests.get(key);
    if (rest === undefined) {
      rest = { node, next, copies, offset };
      this.#rests.set(key, rest);
      this.#restIds.set(rest, this.#restIds.size);
    }
    return rest;
  }

  /** The rests that begin with a character; null stands for the end. */
  #opened(starts: Iterable<Rest | null>): Set<Rest | null> {
    const seen = new Set<Rest | null>(starts);
    const found = new Set<Rest | null>();
    for (const rest of seen) {
      if (rest === null || rest.node.kind === "text" || rest.node.kind === "chars") found.add(rest);
      else for (const further of this.#expanded(rest)) seen.add(further);
    }
    return found;
  }

  #expanded(rest: Rest): (Rest | null)[] {
    const { node, next, copies } = rest;
    switch (node.kind) {
      case "ref":
        return [this.#rest(this.#ir.rules[node.rule]!, next)];
      case "seq":
        return [node.parts.reduceRight<Rest | null>((after, part) => this.#rest(part, after), next)];
      case "choice":
        return node.options.map((option) => this.#rest(option, next));
      case "repeat": {
        const further = node.max === null ? Math.min(copies + 1, node.min) : copies + 1;
        const isFull = node.max !== null && copies >= node.max;
        return [
          ...(copies >= node.min ? [next] : []),
          ...(isFull ? [] : [this.#rest(node.node, this.#rest(node, next, further))]),
        ];
      }
      default:
        throw new Error(`a grammar that was read from text has no ${node.kind} here`);
    }
  }

  #after(rest: Rest | null, char: string): (Rest | null)[] {
    if (rest === null) return [];
    const { node, next, offset } = rest;
    if (node.kind === "chars") return hasCodePoint(node.ranges, char.codePointAt(0)!) ? [next] : [];
    if (node.kind !== "text" || !node.text.startsWith(char, offset)) return [];
    const end = offset + char.length;
    return [end === node.text.length ? next : this.#rest(node, next, 0, end)];
  }
}
