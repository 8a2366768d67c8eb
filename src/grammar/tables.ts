import type { Dfa } from "../language/index.js";
import type { GrammarIr, IrNode } from "./ir.js";

/** "RMG1", little-endian. */
const MAGIC = 0x31474d52;
const NO_END = 0xffffffff;
const TEXT = 0;
const CHARS = 1;
const SEQ = 2;
const CHOICE = 3;
const REPEAT = 4;
const REF = 5;
const STRING = 6;
const STRING_LENGTH = 7;

/** A schema met again has the same automata. */
const automatonWords = new WeakMap<Dfa, Uint32Array>();

/** Writes the grammar as the tables that the native automaton reads, an array of 32-bit words:
 *  header  magic, rules R, root rule, automata A; R word offsets of the rules' nodes; A word offsets of the automata
 *  node    0 TEXT bytes n, the bytes (4 a word, little-endian, zero-padded) | 1 CHARS ranges n, (first, last)… |
 *          2 SEQ n, nodes… | 3 CHOICE n, nodes… | 4 REPEAT min max node | 5 REF rule | 6 STRING automaton |
 *          7 STRING_LENGTH min max; a max of 0xffffffff has no end
 *  automaton  states n; n offsets from its first word; each state: accepting 0 or 1, edges n, (first, last, target)… */
export function emitTables(ir: GrammarIr): Uint32Array {
  const names = Object.keys(ir.rules);
  const writer = new TableWriter(new Map(names.map((name, index) => [name, index])));
  const ruleOffsets = names.map((name) => {
    const offset = writer.words.length;
    writer.node(ir.rules[name]!);
    return offset;
  });
  const automata = [...writer.automata.keys()].map(wordsOf);
  const headerLength = 4 + names.length + automata.length;
  let end = headerLength + writer.words.length;
  const header = [MAGIC, names.length, names.indexOf(ir.root), automata.length];
  for (const offset of ruleOffsets) header.push(headerLength + offset);
  const starts = automata.map((words) => {
    const start = end;
    end += words.length;
    return start;
  });
  const tables = new Uint32Array(end);
  tables.set([...header, ...starts]);
  tables.set(writer.words, headerLength);
  automata.forEach((words, index) => {
    tables.set(words, starts[index]!);
  });
  return tables;
}

class TableWriter {
  readonly words: number[] = [];
  readonly automata = new Map<Dfa, number>();
  readonly #rules: ReadonlyMap<string, number>;

  constructor(rules: ReadonlyMap<string, number>) {
    this.#rules = rules;
  }

  node(node: IrNode): void {
    const { words } = this;
    switch (node.kind) {
      case "text":
        this.#text(node.text);
        return;
      case "chars":
        words.push(CHARS, node.ranges.length);
        for (const [first, last] of node.ranges) words.push(first, last);
        return;
      case "seq":
        words.push(SEQ, node.parts.length);
        for (const part of node.parts) this.node(part);
        return;
      case "choice":
        words.push(CHOICE, node.options.length);
        for (const option of node.options) this.node(option);
        return;
      case "repeat":
        words.push(REPEAT, node.min, node.max ?? NO_END);
        this.node(node.node);
        return;
      case "ref": {
        const rule = this.#rules.get(node.rule);
        if (rule === undefined) throw new Error(`the grammar has no rule ${node.rule}`);
        words.push(REF, rule);
        return;
      }
      case "string": {
        const { automaton, min, max } = node.content;
        if (automaton === null) words.push(STRING_LENGTH, min, max ?? NO_END);
        // an automaton always has the state it begins in: no string at all is a choice of nothing
        else if (automaton.stateCount === 0) words.push(CHOICE, 0);
        else words.push(STRING, this.#automaton(automaton));
      }
    }
  }

  #text(value: string): void {
    const bytes = Buffer.from(value);
    this.words.push(TEXT, bytes.length);
    for (let at = 0; at < bytes.length; at += 4) {
      const byte = (place: number) => (bytes[at + place] ?? 0) << (8 * place);
      this.words.push((byte(0) | byte(1) | byte(2) | byte(3)) >>> 0);
    }
  }

  #automaton(dfa: Dfa): number {
    const index = this.automata.get(dfa) ?? this.automata.size;
    this.automata.set(dfa, index);
    return index;
  }
}

function wordsOf(dfa: Dfa): Uint32Array {
  let words = automatonWords.get(dfa);
  if (words !== undefined) return words;
  const { stateCount, accepting, offsets, edges } = dfa;
  words = new Uint32Array(1 + 3 * stateCount + edges.length);
  words[0] = stateCount;
  let at = 1 + stateCount;
  for (let state = 0; state < stateCount; state++) {
    const [from, to] = [offsets[state]!, offsets[state + 1]!];
    words[1 + state] = at;
    words[at] = accepting[state]!;
    words[at + 1] = (to - from) / 3;
    words.set(edges.subarray(from, to), at + 2);
    at += 2 + to - from;
  }
  automatonWords.set(dfa, words);
  return words;
}
