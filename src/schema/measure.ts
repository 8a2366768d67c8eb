import { choice, type GrammarIr, type IrNode, isNever, repeat, seq } from "./ir.js";

/** Removes what can never be finished and what the root does not reach.
 *  @returns null when the root itself can't be finished: the grammar has no text at all */
export function pruned(ir: GrammarIr): GrammarIr | null {
  const entries = Object.entries(ir.rules).reverse();
  const productive = new Set<string>();
  const ends = (node: IrNode): boolean => {
    switch (node.kind) {
      case "seq":
        return node.parts.every(ends);
      case "choice":
        return node.options.some(ends);
      case "repeat":
        return node.min === 0 || ends(node.node);
      case "ref":
        return productive.has(node.rule);
      default:
        return true;
    }
  };
  for (let before = -1; before < productive.size; ) {
    before = productive.size;
    for (const [name, node] of entries) if (!productive.has(name) && ends(node)) productive.add(name);
  }
  if (!productive.has(ir.root)) return null;

  const trim = (node: IrNode): IrNode => {
    switch (node.kind) {
      case "seq":
        return seq(...node.parts.map(trim));
      case "choice":
        return choice(...node.options.map(trim).filter((option) => !isNever(option)));
      case "repeat":
        return repeat(trim(node.node), node.min, node.max);
      case "ref":
        return productive.has(node.rule) ? node : choice();
      default:
        return node;
    }
  };
  const kept = new Map<string, IrNode>();
  const queue = [ir.root];
  for (const name of queue) {
    if (kept.has(name)) continue;
    const node = trim(ir.rules[name]!);
    kept.set(name, node);
    queue.push(...refsIn(node));
  }
  return { root: ir.root, rules: Object.fromEntries(kept) };
}

function refsIn(node: IrNode): string[] {
  switch (node.kind) {
    case "seq":
      return node.parts.flatMap(refsIn);
    case "choice":
      return node.options.flatMap(refsIn);
    case "repeat":
      return refsIn(node.node);
    case "ref":
      return [node.rule];
    default:
      return [];
  }
}

/** The bytes of the grammar's longest text; null when there is no longest. The grammar must be pruned. */
export function longestOutput(ir: GrammarIr): number | null {
  const known = new Map<string, number>();
  const longest = (node: IrNode): number => {
    switch (node.kind) {
      case "text":
        return Buffer.byteLength(node.text);
      case "chars":
        return Buffer.byteLength(String.fromCodePoint(node.ranges.at(-1)![1]));
      case "seq":
        return node.parts.reduce((sum, part) => sum + longest(part), 0);
      case "choice":
        return Math.max(...node.options.map(longest));
      case "repeat":
        return longest(node.node) * (node.max ?? Number.POSITIVE_INFINITY);
      case "ref": {
        let length = known.get(node.rule);
        if (length === undefined) {
          // a rule met again inside itself can go on for ever
          known.set(node.rule, Number.POSITIVE_INFINITY);
          length = longest(ir.rules[node.rule]!);
          known.set(node.rule, length);
        }
        return length;
      }
    }
  };
  const length = longest({ kind: "ref", rule: ir.root });
  return Number.isFinite(length) ? length : null;
}
