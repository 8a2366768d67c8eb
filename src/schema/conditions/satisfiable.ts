import {
  compileNumbers,
  compileStrings,
  type StringLiteral,
  UnsupportedNumber,
  UnsupportedString,
} from "../../language/index.js";
import { type JsonType, TYPES } from "../document/index.js";
import { type Alternative, atomsOf, type Clause, countOf, keyOf } from "./atoms.js";
import { listedValues } from "./contradiction.js";
import { SelfReference } from "./expand.js";
import { itemClause } from "./items.js";
import { memberClause } from "./members.js";

/** How many objects and arrays deep to look for what tells two values apart. */
const DEEPEST = 4;
/** Elements of an array that are looked at. */
const MOST_PLACES = 8;

/** Tells alternatives that no value satisfies. True means "not seen that there is none". */
export class Satisfiability {
  readonly #ways: (clause: Clause, type: JsonType) => readonly Alternative[];
  readonly #known = new Map<string, boolean>();

  constructor(ways: (clause: Clause, type: JsonType) => readonly Alternative[]) {
    this.#ways = ways;
  }

  readonly alternative = (way: Alternative, type: JsonType): boolean => this.#alternative(way, type, DEEPEST);

  #alternative(way: Alternative, type: JsonType, depth: number): boolean {
    const listed = listedValues(way, type);
    if (listed !== null) return listed.length > 0;
    switch (type) {
      case "string":
        return hasStrings(stringLiterals(way));
      case "number":
        return hasNumbers(way);
      case "array":
        return this.#array(way, depth);
      case "object":
        return this.#object(way, depth);
      default:
        return true;
    }
  }

  #array(way: Alternative, depth: number): boolean {
    const { min, max } = countOf(way, "itemCount");
    if (min > max) return false;
    if (depth === 0) return true;
    return Array.from({ length: Math.min(min, MOST_PLACES) }, (_, place) => place).every((place) =>
      this.#clause(itemClause(way, place), depth - 1),
    );
  }

  #object(way: Alternative, depth: number): boolean {
    const { min, max } = countOf(way, "memberCount");
    const needed = new Set(atomsOf(way, "required").flatMap(({ name, isNegated }) => (isNegated ? [] : [name])));
    if (min > max || needed.size > max) return false;
    if (depth === 0) return true;
    return [...needed].every((name) => this.#clause(memberClause(way, name), depth - 1));
  }

  #clause(clause: Clause, depth: number): boolean {
    if (clause.length === 0) return true;
    if (clause.some(({ node, isNegated }) => node.schema === isNegated)) return false;
    const key = `${depth} ${keyOf(clause)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // a schema met again inside itself decides nothing
    this.#known.set(key, true);
    try {
      const isSatisfiable = TYPES.some((type) =>
        this.#ways(clause, type).some((way) => this.#alternative(way, type, depth)),
      );
      this.#known.set(key, isSatisfiable);
      return isSatisfiable;
    } catch (error) {
      // it is being taken apart at this moment, and this question is asked for that
      if (!(error instanceof SelfReference)) throw error;
      this.#known.delete(key);
      return true;
    }
  }
}

/** All that the atoms say of a string, lists included. */
export function stringLiterals(way: Alternative): StringLiteral[] {
  return way.flatMap((atom): StringLiteral[] => {
    if (atom.kind === "string") return [atom.literal];
    if (atom.kind !== "values") return [];
    return [{ facet: { kind: "values", values: atom.values as readonly string[] }, isNegated: atom.isNegated }];
  });
}

function hasStrings(literals: readonly StringLiteral[]): boolean {
  if (literals.length < 2) return true;
  try {
    return compileStrings(literals) !== null;
  } catch (error) {
    if (error instanceof UnsupportedString) return true;
    throw error;
  }
}

function hasNumbers(way: Alternative): boolean {
  const literals = atomsOf(way, "number").map(({ literal }) => literal);
  if (literals.length < 2) return true;
  try {
    const content = compileNumbers(literals, "full");
    return content.kind !== "values" || content.values.length > 0;
  } catch (error) {
    if (error instanceof UnsupportedNumber) return true;
    throw error;
  }
}
