import { arrayFacets } from "./arrays.js";
import { type Branch, candidatesOf, type JsonType, typesOf } from "./branches.js";
import { buildDfa } from "./dfa.js";
import { Languages } from "./language.js";
import { numberFacets } from "./numberFacets.js";
import { objectFacets } from "./objects.js";
import type { Conjunction } from "./schemaNode.js";
import { languageOfFacets, stringFacets } from "./strings.js";

/** How deep to look for the property that tells two objects apart. */
const DEEPEST = 3;
const MOST_STATES = 500;

export interface DisjointContext {
  readonly branchesOf: (schemas: Conjunction) => readonly Branch[];
  /** Whether a value satisfies all of a branch's schemas, in full. */
  readonly isValid: (branch: Branch, value: unknown) => boolean;
  /** The types of the values that the grammar writes for a branch. */
  readonly writtenTypes: (branch: Branch) => ReadonlySet<JsonType>;
}

/** Whether plainly no value satisfies both branches: their types, values, bounds, lengths, patterns, or a required
 *  property's schemas exclude each other. False means "not seen", not "overlapping". */
export function areDisjoint(a: Branch, b: Branch, context: DisjointContext, depth = 0): boolean {
  const [aValues, bValues] = [candidatesOf(a), candidatesOf(b)];
  const values = aValues ?? bValues;
  if (values !== null && !values.some((value) => context.isValid(a, value) && context.isValid(b, value))) return true;
  if (values !== null) return false;
  const [aWritten, bWritten] = [context.writtenTypes(a), context.writtenTypes(b)];
  const [aTypes, bTypes] = [typesOf(a), typesOf(b)];
  const common = [...aTypes].filter((type) => bTypes.has(type) && (aWritten.has(type) || bWritten.has(type)));
  return common.every((type) => {
    if (type === "number") return areNumbersDisjoint(a, b);
    if (type === "string") return areStringsDisjoint(a, b);
    if (depth >= DEEPEST) return false;
    if (type === "object") return areObjectsDisjoint(a, b, context, depth);
    if (type === "array") return areArraysDisjoint(a, b, context, depth);
    return false;
  });
}

function areNumbersDisjoint(a: Branch, b: Branch): boolean {
  const { low, high, isLowExclusive, isHighExclusive } = numberFacets({ nodes: [...a.nodes, ...b.nodes] });
  return low > high || (low === high && (isLowExclusive || isHighExclusive));
}

function areStringsDisjoint(a: Branch, b: Branch): boolean {
  const facets = stringFacets({ nodes: [...a.nodes, ...b.nodes] });
  if (facets.minLength > facets.maxLength) return true;
  if (facets.expressions.length < 2) return false;
  const languages = new Languages();
  return buildDfa(languages, languageOfFacets(languages, facets), MOST_STATES)?.length === 0;
}

function areConjunctionsDisjoint(a: Conjunction, b: Conjunction, context: DisjointContext, depth: number): boolean {
  const bBranches = context.branchesOf(b);
  return context.branchesOf(a).every((one) => bBranches.every((other) => areDisjoint(one, other, context, depth + 1)));
}

function areObjectsDisjoint(a: Branch, b: Branch, context: DisjointContext, depth: number): boolean {
  const [one, other] = [objectFacets(a, false), objectFacets(b, false)];
  return [...new Set([...one.required, ...other.required])].some((name) => {
    const aSchemas = one.properties.get(name) ?? one.additional;
    const bSchemas = other.properties.get(name) ?? other.additional;
    return aSchemas === null || bSchemas === null || areConjunctionsDisjoint(aSchemas, bSchemas, context, depth);
  });
}

function areArraysDisjoint(a: Branch, b: Branch, context: DisjointContext, depth: number): boolean {
  const [one, other] = [arrayFacets(a), arrayFacets(b)];
  const least = Math.max(one.minItems, other.minItems);
  if (least > Math.min(one.maxItems, other.maxItems)) return true;
  const places = Math.min(least, Math.max(one.prefix.length, other.prefix.length, 1));
  return Array.from({ length: places }, (_, place) => place).some((place) =>
    areConjunctionsDisjoint(one.prefix[place] ?? one.rest, other.prefix[place] ?? other.rest, context, depth),
  );
}
