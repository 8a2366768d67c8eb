import type { Ranges, StringContent } from "../language/index.js";

/** A piece of a grammar. Everything stands for UTF-8 text: `text` for its bytes, `chars` for one code point of a set,
 *  `string` for a JSON string with both its quotes, each character in any of its spellings (itself, short escape, \uXXXX),
 *  printable ASCII that needs no escape only as itself.
 *  A choice without options matches nothing; a sequence without parts matches the empty text. */
export type IrNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "chars"; readonly ranges: Ranges }
  | { readonly kind: "seq"; readonly parts: readonly IrNode[] }
  | { readonly kind: "choice"; readonly options: readonly IrNode[] }
  | { readonly kind: "repeat"; readonly node: IrNode; readonly min: number; readonly max: number | null }
  | { readonly kind: "string"; readonly content: StringContent }
  | { readonly kind: "ref"; readonly rule: string };

/** A grammar as plain data: what the GBNF text and the automaton's tables are made from.
 *  Rule names are made of letters, digits and "-". */
export interface GrammarIr {
  readonly root: string;
  readonly rules: Readonly<Record<string, IrNode>>;
}

/** Names a piece of the grammar, made at first use, and gives a reference to it. */
export type AddRule = (name: string, make: () => IrNode) => IrNode;

export const EMPTY: IrNode = { kind: "seq", parts: [] };
export const NEVER: IrNode = { kind: "choice", options: [] };

export function text(value: string): IrNode {
  return value === "" ? EMPTY : { kind: "text", text: value };
}

export function chars(ranges: Ranges): IrNode {
  return ranges.length === 0 ? NEVER : { kind: "chars", ranges };
}

/** One character of the given ones, written as "az" pairs: `charsOf("az", "09")`. */
export function charsOf(...pairs: readonly string[]): IrNode {
  return chars(pairs.map((pair) => [pair.codePointAt(0)!, pair.codePointAt(pair.length - 1)!] as const));
}

export function ref(rule: string): IrNode {
  return { kind: "ref", rule };
}

/** The parts one after the other: nested sequences are flattened, neighbouring texts joined. */
export function seq(...parts: readonly IrNode[]): IrNode {
  return seqOf(parts);
}

/** Like seq, for lists of any length: a call takes some hundred thousand arguments at the most. */
export function seqOf(parts: readonly IrNode[]): IrNode {
  const flat: IrNode[] = [];
  for (const part of parts) {
    if (part.kind !== "seq") {
      if (isNever(part)) return NEVER;
      append(flat, part);
      continue;
    }
    for (const inner of part.parts) append(flat, inner);
  }
  // a list that has grown has places to spare, and grammars have nodes by the ten thousand
  return flat.length === 1 ? flat[0]! : { kind: "seq", parts: flat.slice() };
}

function append(parts: IrNode[], part: IrNode): void {
  const before = parts.at(-1);
  if (part.kind === "text" && before?.kind === "text") parts[parts.length - 1] = text(before.text + part.text);
  else parts.push(part);
}

/** Any one of the options: nested choices are flattened, equal texts and references kept once. */
export function choice(...options: readonly IrNode[]): IrNode {
  return choiceOf(options);
}

/** Like choice, for lists of any length. */
export function choiceOf(options: readonly IrNode[]): IrNode {
  const flat: IrNode[] = [];
  for (const option of options) {
    if (option.kind !== "choice") flat.push(option);
    else for (const inner of option.options) flat.push(inner);
  }
  if (flat.length === 1) return flat[0]!;
  const unique =
    flat.length <= FEW ? flat.filter((one, place) => !isAmong(one, flat, place)) : [...keyed(flat).values()];
  return unique.length === 1 ? unique[0]! : { kind: "choice", options: unique.slice() };
}

/** Up to so many options comparing each with each is quicker than a map. */
const FEW = 8;

function isAmong(node: IrNode, nodes: readonly IrNode[], end: number): boolean {
  for (let place = 0; place < end; place++) {
    const other = nodes[place]!;
    if (other === node) return true;
    if (node.kind === "ref" && other.kind === "ref" && node.rule === other.rule) return true;
    if (node.kind === "text" && other.kind === "text" && node.text === other.text) return true;
  }
  return false;
}

function keyed(nodes: readonly IrNode[]): Map<string | IrNode, IrNode> {
  const found = new Map<string | IrNode, IrNode>();
  for (const node of nodes) {
    const key = node.kind === "text" ? `"${node.text}` : node.kind === "ref" ? node.rule : node;
    if (!found.has(key)) found.set(key, node);
  }
  return found;
}

export function optional(node: IrNode): IrNode {
  return isNever(node) ? EMPTY : choice(EMPTY, node);
}

/** `min` to `max` copies, `max` null for any number. The node must not match the empty text. */
export function repeat(node: IrNode, min: number, max: number | null): IrNode {
  if (max !== null && max < min) return NEVER;
  if (max === 0) return EMPTY;
  if (isNever(node)) return min === 0 ? EMPTY : NEVER;
  if (min === 1 && max === 1) return node;
  return { kind: "repeat", node, min, max };
}

export function isNever(node: IrNode): boolean {
  return node.kind === "choice" && node.options.length === 0;
}
