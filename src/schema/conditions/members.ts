import type { SchemaNode } from "../document/index.js";
import { type Alternative, atomsOf, type Clause, type Literal, type MemberGroup } from "./atoms.js";

/** What a way says of members, looked up once. */
interface MemberIndex {
  readonly groups: readonly MemberGroup[];
  readonly own: ReadonlyMap<string, Clause>;
  readonly names: readonly string[];
}

const indexes = new WeakMap<Alternative, MemberIndex>();

function indexOf(way: Alternative): MemberIndex {
  let index = indexes.get(way);
  if (index === undefined) {
    const own = new Map<string, Clause>();
    for (const { name, literal } of atomsOf(way, "member")) own.set(name, [...(own.get(name) ?? []), literal]);
    const groups = atomsOf(way, "members").map(({ group }) => group);
    const names = new Set<string>();
    for (const { properties } of groups) for (const name of properties.names) names.add(name);
    for (const { name } of atomsOf(way, "required")) names.add(name);
    for (const name of own.keys()) names.add(name);
    index = { groups, own, names: [...names] };
    indexes.set(way, index);
  }
  return index;
}

/** What the value of a member must satisfy, if there is one of that name. */
export function memberClause(way: Alternative, name: string): Clause {
  const { groups, own } = indexOf(way);
  const clause: Literal[] = [];
  for (const group of groups) {
    for (const node of schemasFor(group, name)) clause.push({ node, isNegated: false });
  }
  const more = own.get(name);
  return more === undefined ? clause : [...clause, ...more];
}

/** The names that the atoms mention: those of `properties` first, in the order of the document. */
export function mentionedNames(way: Alternative): readonly string[] {
  return indexOf(way).names;
}

function schemasFor(group: MemberGroup, name: string): readonly SchemaNode[] {
  const own = group.properties.get(name);
  if (group.patterns.length === 0 && own !== undefined) return [own];
  const matched = group.patterns.filter(({ source }) => isMatch(source, name)).map(({ node }) => node);
  if (own !== undefined) return [own, ...matched];
  if (matched.length > 0 || group.others === null) return matched;
  return group.except.some((other) => speaksOf(other, name)) ? [] : [group.others];
}

function speaksOf(group: MemberGroup, name: string): boolean {
  return schemasFor(group, name).length > 0;
}

const expressions = new Map<string, RegExp>();
const MOST_EXPRESSIONS = 1000;

/** Whether a name matches an expression, somewhere in it. */
export function isMatch(source: string, name: string): boolean {
  let expression = expressions.get(source);
  if (expression === undefined) {
    expression = expressionOf(source);
    if (expressions.size >= MOST_EXPRESSIONS) expressions.clear();
    expressions.set(source, expression);
  }
  return expression.test(name);
}

function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    // identity escapes that "u" refuses
    return new RegExp(source);
  }
}
