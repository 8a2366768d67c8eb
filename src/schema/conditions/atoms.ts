import type { NumberLiteral, StringLiteral } from "../../language/index.js";
import type { SchemaNode } from "../document/index.js";

/** A schema that must hold, or must not. */
export interface Literal {
  readonly node: SchemaNode;
  readonly isNegated: boolean;
}

/** Schemas that must all hold or not hold, each as it says; none: anything is right. */
export type Clause = readonly Literal[];

/** The schemas of properties by name, in the order of the document. */
export interface PropertyNodes {
  readonly names: readonly string[];
  get(name: string): SchemaNode | undefined;
}

/** What one schema says of an object's members, all of it together. */
export interface MemberGroup {
  readonly properties: PropertyNodes;
  readonly patterns: readonly { readonly source: string; readonly node: SchemaNode }[];
  /** Of members that neither of those names; null: it says nothing. */
  readonly others: SchemaNode | null;
  /** Groups whose members this one does not speak of (`unevaluatedProperties`). */
  readonly except: readonly MemberGroup[];
}

/** What one schema says of an array's elements, all of it together. */
export interface ItemGroup {
  readonly prefix: readonly SchemaNode[];
  /** Of the elements behind those; null: it says nothing. */
  readonly rest: SchemaNode | null;
  /** Elements before this place are not spoken of (`unevaluatedItems`). */
  readonly from: number;
}

/** One indivisible condition on a value of some type. */
export type Atom =
  /** The value is, or is not, one of a list. */
  | { readonly kind: "values"; readonly values: readonly unknown[]; readonly isNegated: boolean }
  | { readonly kind: "string"; readonly literal: StringLiteral; readonly place: string }
  | { readonly kind: "number"; readonly literal: NumberLiteral; readonly place: string }
  | { readonly kind: "items"; readonly group: ItemGroup }
  | { readonly kind: "itemCount"; readonly min: number; readonly max: number }
  /** The element at a place exists and satisfies a literal. */
  | { readonly kind: "item"; readonly place: number; readonly literal: Literal }
  /** So many elements, from a place on, satisfy a literal. */
  | {
      readonly kind: "contains";
      readonly from: number;
      readonly literal: Literal;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: "unique"; readonly isNegated: boolean; readonly what: string }
  | { readonly kind: "members"; readonly group: MemberGroup }
  | { readonly kind: "memberCount"; readonly min: number; readonly max: number }
  | { readonly kind: "required"; readonly name: string; readonly isNegated: boolean }
  /** If there is such a member, its value satisfies a literal. */
  | { readonly kind: "member"; readonly name: string; readonly literal: Literal }
  /** Some member's name satisfies the string literals, and its value the literal; null: any value. */
  | { readonly kind: "someMember"; readonly names: readonly StringLiteral[]; readonly literal: Literal | null }
  /** Every member's name satisfies a schema; negated: some member's does not. */
  | { readonly kind: "names"; readonly node: SchemaNode; readonly isNegated: boolean }
  /** A condition that no grammar here follows: the check after generation decides it. `hidesNames`: it names members, and
   *  so has a say in their order. */
  | { readonly kind: "checked"; readonly what: string; readonly hidesNames: boolean }
  /** No condition: which side of an `if` was taken. */
  | { readonly kind: "side"; readonly node: SchemaNode; readonly isThen: boolean }
  /** No condition: the schema says which type it means (`type`), or speaks of objects or arrays only. */
  | { readonly kind: "typed" }
  | { readonly kind: "means"; readonly type: "object" | "array" };

/** Atoms that must all hold; none: every value of the type. */
export type Alternative = readonly Atom[];

/** The atom of a keyword that is left to the check. */
export function checkedAtom(keyword: string, node: SchemaNode, hidesNames = false): Atom {
  return { kind: "checked", what: `${keyword} at ${node.pointer}`, hidesNames };
}

/** Up to so many are looked through quicker than a set of them is made. */
const FEW_ATOMS = 16;

/** The atoms of both, each once. */
export function joinAtoms(a: Alternative, b: Alternative): Alternative {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const known = a.length <= FEW_ATOMS ? null : new Set(a);
  let fresh: Atom[] | null = null;
  for (const atom of b) {
    if (known === null ? a.includes(atom) : known.has(atom)) continue;
    if (fresh === null) fresh = a.slice();
    fresh.push(atom);
  }
  return fresh ?? a;
}

/** The atoms of one kind. */
export function atomsOf<Kind extends Atom["kind"]>(
  alternative: Alternative,
  kind: Kind,
): Extract<Atom, { kind: Kind }>[] {
  return alternative.filter((atom): atom is Extract<Atom, { kind: Kind }> => atom.kind === kind);
}

/** Between how many members or elements a value must have, all atoms together. */
export function countOf(alternative: Alternative, kind: "itemCount" | "memberCount"): { min: number; max: number } {
  let [min, max] = [0, Number.POSITIVE_INFINITY];
  for (const atom of atomsOf(alternative, kind)) {
    min = Math.max(min, atom.min);
    max = Math.min(max, atom.max);
  }
  return { min, max };
}

export function keyOf(clause: Clause): string {
  const [only] = clause;
  if (clause.length === 1 && only !== undefined && !only.isNegated) return only.node.pointer;
  const keys = clause.map(({ node, isNegated }) => (isNegated ? `!${node.pointer}` : node.pointer));
  return [...new Set(keys)].sort().join("\n");
}
