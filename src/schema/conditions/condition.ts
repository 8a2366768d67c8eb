import type { SchemaNode } from "../document/index.js";
import { type Alternative, checkedAtom, type Literal } from "./atoms.js";

/** What a keyword demands, as a formula. */
export type Condition =
  /** The atoms hold; it fails in the ways of `opposites`. */
  | { readonly kind: "atoms"; readonly atoms: Alternative; readonly opposites: () => readonly Alternative[] }
  | { readonly kind: "all" | "any"; readonly parts: readonly Condition[] }
  | { readonly kind: "schema"; readonly literal: Literal }
  /** Exactly one of the schemas holds. */
  | { readonly kind: "one"; readonly parts: readonly SchemaNode[] }
  | { readonly kind: "opposite"; readonly of: Condition };

/** Most options of an anyOf whose combinations are told apart where it matters which of them hold together. */
export const MOST_COMBINED = 5;

/** @param opposites  the ways in which the atoms do not all hold; where they are many a function that makes them, since few
 *    conditions are asked for them */
export function held(
  atoms: Alternative,
  opposites: readonly Alternative[] | (() => readonly Alternative[]),
): Condition {
  return { kind: "atoms", atoms, opposites: typeof opposites === "function" ? opposites : () => opposites };
}

/** A condition that no grammar here follows, whichever way it is asked. */
export function beyondGrammar(keyword: string, node: SchemaNode): Condition {
  const atoms = [checkedAtom(keyword, node)];
  return held(atoms, [atoms]);
}
