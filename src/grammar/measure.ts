import { intersectionOf, longestWay, type StringContent } from "../language/index.js";
import { choice, choiceOf, type GrammarIr, type IrNode, isNever, repeat, seqOf } from "./ir.js";
import { ESCAPABLE } from "./spelling.js";

/** Removes what can never be finished and what the root does not reach.
 *  @returns null when the root itself can't be finished: the grammar has no text at all */
export function pruned(root: string, rules: ReadonlyMap<string, IrNode>): GrammarIr | null {
  const reached = reachedFrom(root, (name) => rules.get(name)!);
  const productive = productiveRules(rules, [...reached.keys()].reverse());
  if (!productive.has(root)) return null;
  if (productive.size === reached.size) return { root, rules: asRecord(reached) };

  const trim = (node: IrNode): IrNode => {
    switch (node.kind) {
      case "seq":
        return seqOf(node.parts.map(trim));
      case "choice":
        return choiceOf(node.options.map(trim).filter((option) => !isNever(option)));
      case "repeat":
        return repeat(trim(node.node), node.min, node.max);
      case "ref":
        return productive.has(node.rule) ? node : choice();
      case "string":
        return hasStrings(node.content) ? node : choice();
      default:
        return node;
    }
  };
  return { root, rules: asRecord(reachedFrom(root, (name) => trim(rules.get(name)!))) };
}

function asRecord(rules: ReadonlyMap<string, IrNode>): Record<string, IrNode> {
  const record: Record<string, IrNode> = {};
  rules.forEach((node, name) => {
    record[name] = node;
  });
  return record;
}

/** The rules that a rule needs, itself first. */
function reachedFrom(root: string, nodeOf: (name: string) => IrNode): Map<string, IrNode> {
  const reached = new Map([[root, nodeOf(root)]]);
  const add = (name: string) => {
    if (!reached.has(name)) reached.set(name, nodeOf(name));
  };
  // goes on through what is added
  for (const node of reached.values()) forEachRef(node, add);
  return reached;
}

/** @param names  best so that a rule comes after those that it needs */
function productiveRules(rules: ReadonlyMap<string, IrNode>, names: readonly string[]): ReadonlySet<string> {
  const productive = new Set<string>();
  const ends = (node: IrNode): boolean => {
    switch (node.kind) {
      case "seq":
        for (const part of node.parts) if (!ends(part)) return false;
        return true;
      case "choice":
        for (const option of node.options) if (ends(option)) return true;
        return false;
      case "repeat":
        return node.min === 0 || ends(node.node);
      case "ref":
        return productive.has(node.rule);
      case "string":
        return hasStrings(node.content);
      default:
        return true;
    }
  };
  for (let before = -1; before < productive.size && productive.size < names.length; ) {
    before = productive.size;
    for (const name of names) if (!productive.has(name) && ends(rules.get(name)!)) productive.add(name);
  }
  return productive;
}

/** Tells each reference of a node, as often as it stands there. */
export function forEachRef(node: IrNode, visit: (name: string) => void): void {
  switch (node.kind) {
    case "seq":
      for (const part of node.parts) forEachRef(part, visit);
      break;
    case "choice":
      for (const option of node.options) forEachRef(option, visit);
      break;
    case "repeat":
      forEachRef(node.node, visit);
      break;
    case "ref":
      visit(node.rule);
      break;
    default:
  }
}

const orders = new WeakMap<GrammarIr, readonly string[]>();

/** The names of all rules, each after those that it needs as far as there is no circle. */
export function inDependencyOrder(ir: GrammarIr): readonly string[] {
  let order = orders.get(ir);
  if (order === undefined) {
    order = dependencyOrder(ir);
    orders.set(ir, order);
  }
  return order;
}

function dependencyOrder({ rules }: GrammarIr): string[] {
  const order: string[] = [];
  const isDone = new Map<string, boolean>();
  // by hand, since rules follow each other by the thousand
  const stack: string[] = [];
  const add = (needed: string) => {
    if (!isDone.has(needed)) stack.push(needed);
  };
  for (const root of Object.keys(rules)) {
    add(root);
    while (stack.length > 0) {
      const name = stack[stack.length - 1]!;
      const done = isDone.get(name);
      if (done === undefined) {
        isDone.set(name, false);
        forEachRef(rules[name]!, add);
        continue;
      }
      stack.pop();
      if (done) continue;
      isDone.set(name, true);
      order.push(name);
    }
  }
  return order;
}

function hasStrings({ automaton, min, max }: StringContent): boolean {
  return automaton === null ? max === null || min <= max : automaton.stateCount > 0;
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
        return sumOf(node.parts, longest);
      case "choice":
        return mostOf(node.options, longest);
      case "repeat":
        return longest(node.node) * (node.max ?? Number.POSITIVE_INFINITY);
      case "string":
        return longestString(node.content);
      case "ref":
        // a rule that is still open is met inside itself, and can go on for ever
        return known.get(node.rule) ?? Number.POSITIVE_INFINITY;
    }
  };
  for (const name of inDependencyOrder(ir)) known.set(name, longest(ir.rules[name]!));
  const length = known.get(ir.root)!;
  return Number.isFinite(length) ? length : null;
}

function sumOf(nodes: readonly IrNode[], lengthOf: (node: IrNode) => number): number {
  let sum = 0;
  for (const node of nodes) sum += lengthOf(node);
  return sum;
}

function mostOf(nodes: readonly IrNode[], lengthOf: (node: IrNode) => number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const node of nodes) most = Math.max(most, lengthOf(node));
  return most;
}

/** Bytes of `\uD83D\uDE00` and of `\u00E9`: the longest that a character is written, beyond the basic plane and in it.
 *  What has no escape is ASCII, of one byte. */
const ASTRAL_BYTES = 12;
const BASIC_BYTES = 6;

function bytesOf(first: number, last: number): number {
  if (last > 0xffff) return ASTRAL_BYTES;
  return intersectionOf(ESCAPABLE, [[first, last]]).length > 0 ? BASIC_BYTES : 1;
}

function longestString({ automaton, max }: StringContent): number {
  const content =
    automaton === null ? ASTRAL_BYTES * (max ?? Number.POSITIVE_INFINITY) : longestWay(automaton, bytesOf);
  return content + 2;
}
