import type { GrammarIr, IrNode } from "../../src/schema/index.js";

/** What is left to read: a list of pieces, the same object for the same list. */
interface Rest {
  readonly node: IrNode;
  readonly next: Rest | null;
  readonly id: number;
}

/** Whether a text is one of the grammar's: a plain reading of the IR that shares no code with what emits it.
 *  @param onWays  told after each character in how many ways the text may go on */
export function accepts(ir: GrammarIr, input: string, onWays: (count: number) => void = () => undefined): boolean {
  const nodeIds = new Map<string | IrNode, number>();
  const rests = new Map<string, Rest>();
  const idOf = (node: IrNode): number => {
    const key = node.kind === "repeat" || node.kind === "text" ? JSON.stringify(node) : node;
    const id = nodeIds.get(key) ?? nodeIds.size;
    nodeIds.set(key, id);
    return id;
  };
  const push = (node: IrNode, next: Rest | null): Rest => {
    const key = `${idOf(node)} ${next?.id ?? -1}`;
    const rest = rests.get(key) ?? { node, next, id: rests.size };
    rests.set(key, rest);
    return rest;
  };
  /** The lists that begin with a text or a character; null stands for the end. */
  const opened = (starts: Iterable<Rest | null>): Set<Rest | null> => {
    const seen = new Set<Rest | null>(starts);
    const found = new Set<Rest | null>();
    for (const rest of seen) {
      if (rest === null || rest.node.kind === "text" || rest.node.kind === "chars") {
        found.add(rest);
        continue;
      }
      const { node, next } = rest;
      if (node.kind === "ref") seen.add(push(ir.rules[node.rule]!, next));
      else if (node.kind === "seq")
        seen.add(node.parts.reduceRight<Rest | null>((after, part) => push(part, after), next));
      else if (node.kind === "choice") for (const option of node.options) seen.add(push(option, next));
      else {
        if (node.min === 0) seen.add(next);
        if (node.max === 0) continue;
        const left = { ...node, min: Math.max(0, node.min - 1), max: node.max === null ? null : node.max - 1 };
        seen.add(push(node.node, push(left, next)));
      }
    }
    return found;
  };
  let states = opened([push({ kind: "ref", rule: ir.root }, null)]);
  for (const char of input) {
    const after: (Rest | null)[] = [];
    for (const rest of states) {
      if (rest === null) continue;
      const { node, next } = rest;
      if (node.kind === "text") {
        if (!node.text.startsWith(char)) continue;
        const left = node.text.slice(char.length);
        after.push(left === "" ? next : push({ kind: "text", text: left }, next));
      } else if (node.kind === "chars") {
        const code = char.codePointAt(0)!;
        if (node.ranges.some(([first, last]) => first <= code && code <= last)) after.push(next);
      }
    }
    states = opened(after);
    onWays(states.size);
    if (states.size === 0) return false;
  }
  return states.has(null);
}

/** A random text of the grammar.
 *  @param random  numbers from 0 to 1
 *  @param patience  how many pieces to write freely before heading for the nearest end */
export function sampleText(ir: GrammarIr, random: () => number, patience = 60): string {
  const costs = costsOf(ir);
  let written = 0;
  const write = (node: IrNode): string => {
    written++;
    switch (node.kind) {
      case "text":
        return node.text;
      case "chars": {
        const [first, last] = node.ranges[Math.floor(random() * node.ranges.length)]!;
        const reach = random() < 0.8 ? Math.min(last, first + 100) : last;
        return String.fromCodePoint(first + Math.floor(random() * (reach - first + 1)));
      }
      case "seq":
        return node.parts.map(write).join("");
      case "choice": {
        const nearest = [...node.options].sort((a, b) => costOf(a, costs) - costOf(b, costs))[0]!;
        return write(written > patience ? nearest : node.options[Math.floor(random() * node.options.length)]!);
      }
      case "repeat": {
        const most = Math.min(node.max ?? Number.POSITIVE_INFINITY, node.min + 8);
        const more = written > patience ? 0 : Math.floor(random() ** 2 * (most - node.min + 1));
        let text = "";
        for (let count = 0; count < node.min + more; count++) text += write(node.node);
        return text;
      }
      case "ref":
        return write(ir.rules[node.rule]!);
    }
  };
  return write({ kind: "ref", rule: ir.root });
}

/** The fewest steps in which each rule can be finished. */
function costsOf(ir: GrammarIr): ReadonlyMap<string, number> {
  const costs = new Map<string, number>();
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const [name, node] of Object.entries(ir.rules).reverse()) {
      const cost = costOf(node, costs) + 1;
      if (cost < (costs.get(name) ?? Number.POSITIVE_INFINITY)) {
        costs.set(name, cost);
        isChanged = true;
      }
    }
  }
  return costs;
}

function costOf(node: IrNode, costs: ReadonlyMap<string, number>): number {
  switch (node.kind) {
    case "seq":
      return node.parts.reduce((sum, part) => sum + costOf(part, costs), 0);
    case "choice":
      return Math.min(...node.options.map((option) => costOf(option, costs)));
    case "repeat":
      return node.min === 0 ? 0 : node.min * costOf(node.node, costs);
    case "ref":
      return costs.get(node.rule) ?? Number.POSITIVE_INFINITY;
    default:
      return 1;
  }
}

/** Random numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value as the default style writes it: `{"a": 1, "b": [2, 3]}`. */
export function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${spacedJson(member)}`)
    .join(", ")}}`;
}
