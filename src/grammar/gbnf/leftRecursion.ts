import type { GrammarIr, IrNode } from "../ir.js";

/** Whether a node may be the empty text, for the nodes of a grammar. */
export function nullableRules(ir: GrammarIr): (node: IrNode) => boolean {
  const nullable = new Set<string>();
  const isNullable = (node: IrNode): boolean => {
    switch (node.kind) {
      case "seq":
        return node.parts.every(isNullable);
      case "choice":
        return node.options.some(isNullable);
      case "repeat":
        return node.min === 0 || isNullable(node.node);
      case "ref":
        return nullable.has(node.rule);
      default:
        return false;
    }
  };
  for (let before = -1; before < nullable.size; ) {
    before = nullable.size;
    for (const [name, node] of Object.entries(ir.rules)) if (isNullable(node)) nullable.add(name);
  }
  return isNullable;
}

/** A rule that may begin with itself, or repeats without end what may be empty: reading from left to right would never get
 *  on. llama.cpp refuses both as left recursion.
 *  @returns the rule's name; null when there is none */
export function findLeftRecursion(ir: GrammarIr): string | null {
  const isNullable = nullableRules(ir);
  const firsts = (node: IrNode): string[] => {
    switch (node.kind) {
      case "seq": {
        const firstFull = node.parts.findIndex((part) => !isNullable(part));
        return node.parts.slice(0, firstFull < 0 ? undefined : firstFull + 1).flatMap(firsts);
      }
      case "choice":
        return node.options.flatMap(firsts);
      case "repeat":
        return firsts(node.node);
      case "ref":
        return [node.rule];
      default:
        return [];
    }
  };
  const names = Object.keys(ir.rules);
  const endless = names.find((name) => repeatsNothing(ir.rules[name]!, isNullable));
  if (endless !== undefined) return endless;
  const finished = new Set<string>();
  const open = new Set<string>();
  for (const start of names) {
    // a walk without recursion: grammars may be chains of thousands of rules
    const path: { readonly name: string; readonly next: Iterator<string> }[] = [];
    const enter = (name: string): void => {
      open.add(name);
      path.push({ name, next: new Set(firsts(ir.rules[name]!)).values() });
    };
    if (!finished.has(start)) enter(start);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const step = at.next.next();
      if (step.done === true) {
        open.delete(at.name);
        finished.add(at.name);
        path.pop();
      } else if (open.has(step.value)) return step.value;
      else if (!finished.has(step.value)) enter(step.value);
    }
  }
  return null;
}

function repeatsNothing(node: IrNode, isNullable: (node: IrNode) => boolean): boolean {
  switch (node.kind) {
    case "seq":
      return node.parts.some((part) => repeatsNothing(part, isNullable));
    case "choice":
      return node.options.some((option) => repeatsNothing(option, isNullable));
    case "repeat":
      return (node.max === null && isNullable(node.node)) || repeatsNothing(node.node, isNullable);
    default:
      return false;
  }
}
