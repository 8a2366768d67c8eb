import { type Dfa, type Ranges, SCALARS, type StringContent } from "../../language/index.js";
import { choice, choiceOf, type GrammarIr, type IrNode, NEVER, ref, repeat, seq, seqOf, text } from "../ir.js";
import { spelled } from "../spelling.js";

/** The same grammar with JSON strings written out: an automaton's states become rules, and any character refers to the
 *  shared rule `char`, which is made where it is needed. */
export function withoutStrings(ir: GrammarIr): GrammarIr {
  const rules = new Map<string, IrNode>();
  const writer = new StringWriter(new Set(Object.keys(ir.rules)), rules);
  for (const [name, node] of Object.entries(ir.rules)) rules.set(name, writer.rewritten(node));
  return { root: ir.root, rules: Object.fromEntries(rules) };
}

class StringWriter {
  readonly #taken: Set<string>;
  readonly #rules: Map<string, IrNode>;
  readonly #starts = new Map<Dfa, IrNode>();
  /** A set of characters spelled out, by its ranges. */
  readonly #spelled = new Map<string, IrNode>();
  #char: IrNode | null = null;

  constructor(taken: Set<string>, rules: Map<string, IrNode>) {
    this.#taken = taken;
    this.#rules = rules;
  }

  rewritten(node: IrNode): IrNode {
    switch (node.kind) {
      case "seq":
        return seqOf(node.parts.map((part) => this.rewritten(part)));
      case "choice":
        return choiceOf(node.options.map((option) => this.rewritten(option)));
      case "repeat":
        return repeat(this.rewritten(node.node), node.min, node.max);
      case "string":
        return this.#string(node.content);
      default:
        return node;
    }
  }

  #string({ automaton, min, max }: StringContent): IrNode {
    if (automaton !== null) return seq(text('"'), this.#start(automaton));
    this.#char ??= this.#charRule();
    return seq(text('"'), repeat(this.#char, min, max), text('"'));
  }

  #freshName(base: string): string {
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}-${count}`;
    this.#taken.add(name);
    return name;
  }

  #charRule(): IrNode {
    const name = this.#freshName("char");
    this.#rules.set(name, spelled(SCALARS));
    return ref(name);
  }

  #start(dfa: Dfa): IrNode {
    let start = this.#starts.get(dfa);
    if (start !== undefined) return start;
    const base = this.#freshName(`string-${this.#starts.size + 1}`);
    const rule = (state: number) => ref(`${base}-s${state}`);
    for (let state = 0; state < dfa.stateCount; state++) {
      const options = [...rangesByTarget(dfa, state)].map(([target, key]) => seq(this.#set(key), rule(target)));
      this.#rules.set(`${base}-s${state}`, choice(...(dfa.accepting[state] === 1 ? [text('"')] : []), ...options));
    }
    start = dfa.stateCount === 0 ? NEVER : rule(0);
    this.#starts.set(dfa, start);
    return start;
  }

  #set(key: string): IrNode {
    let node = this.#spelled.get(key);
    if (node === undefined) {
      node = spelled(rangesOf(key));
      this.#spelled.set(key, node);
    }
    return node;
  }
}

/** The characters that lead from a state to each of the next: "first last first last …", by which the writer knows them again. */
function rangesByTarget({ offsets, edges }: Dfa, state: number): Map<number, string> {
  const byTarget = new Map<number, string>();
  for (let at = offsets[state]!; at < offsets[state + 1]!; at += 3) {
    const target = edges[at + 2]!;
    const before = byTarget.get(target);
    const range = `${edges[at]} ${edges[at + 1]}`;
    byTarget.set(target, before === undefined ? range : `${before} ${range}`);
  }
  return byTarget;
}

function rangesOf(key: string): Ranges {
  const codes = key.split(" ").map(Number);
  return Array.from({ length: codes.length / 2 }, (_, at) => [codes[2 * at]!, codes[2 * at + 1]!] as const);
}
