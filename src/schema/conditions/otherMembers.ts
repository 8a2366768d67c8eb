import { compileStrings, isStringIn, type StringContent, type StringLiteral } from "../../language/index.js";
import { type Alternative, atomsOf, type Clause, type Literal, type MemberGroup } from "./atoms.js";
import { isMatch } from "./members.js";

/** Members whose names the schema does not mention: their names, and what their values must satisfy. */
export interface OtherMembers {
  readonly names: StringContent;
  readonly clause: Clause;
}

/** Most expressions of `patternProperties` that are told apart in one object. */
const MOST_PATTERNS = 8;

export class TooManyPatterns extends Error {}

/** Sorts the names that are not mentioned by what is said of their values.
 *  @param nameWays  what propertyNames allow: one of these lists must hold; [[]] when nothing is said
 *  @param matchedOnly  leave out those that match no expression
 *  @param onCompile  told before each automaton that is made
 *  @throws {UnsupportedString | TooManyPatterns} */
export function sortOtherMembers(
  way: Alternative,
  mentioned: readonly string[],
  nameWays: readonly (readonly StringLiteral[])[],
  extra: { readonly names: readonly StringLiteral[]; readonly literals: readonly Literal[] },
  matchedOnly: boolean,
  onCompile: () => void,
): OtherMembers[] {
  const groups = atomsOf(way, "members").map(({ group }) => group);
  const everyGroup = groups.flatMap((group) => [group, ...group.except]);
  const sources = [...new Set(everyGroup.flatMap(({ patterns }) => patterns.map(({ source }) => source)))];
  if (sources.length > MOST_PATTERNS) throw new TooManyPatterns();
  // a union of these is a list of its own, told apart from the others by nothing
  const listed: StringLiteral[] =
    mentioned.length === 0 ? [] : [{ facet: { kind: "values", values: mentioned }, isNegated: true }];
  const found: OtherMembers[] = [];

  const compiled = (literals: readonly StringLiteral[]) => {
    onCompile();
    return compileStrings(literals);
  };
  const sort = (literals: readonly StringLiteral[], matched: readonly string[], next: number) => {
    const source = sources[next];
    if (source === undefined) {
      if (matchedOnly && matched.length === 0) return;
      const clause = clauseFor(groups, matched, extra.literals);
      if (clause === null) return;
      const names = compiled(literals);
      if (names !== null) found.push({ names, clause });
      return;
    }
    const facet = { kind: "pattern", source } as const;
    const matching = [...literals, { facet, isNegated: false }];
    // most expressions exclude each other: seen early, their number does no harm
    if (matched.length === 0 || compiled(matching) !== null) sort(matching, [...matched, source], next + 1);
    sort([...literals, { facet, isNegated: true }], matched, next + 1);
  };
  for (const names of nameWays) sort([...listed, ...names, ...extra.names], [], 0);
  return found;
}

/** null when there can be no such member. */
function clauseFor(
  groups: readonly MemberGroup[],
  matched: readonly string[],
  extra: readonly Literal[],
): Clause | null {
  const clause: Literal[] = groups.flatMap((group) => {
    const nodes = group.patterns.filter(({ source }) => matched.includes(source)).map(({ node }) => node);
    const isSpokenOf = group.except.some(
      (other) => other.others !== null || other.patterns.some(({ source }) => matched.includes(source)),
    );
    if (nodes.length === 0 && group.others !== null && !isSpokenOf) nodes.push(group.others);
    return nodes.map((node) => ({ node, isNegated: false }));
  });
  clause.push(...extra);
  return clause.some(({ node, isNegated }) => node.schema === isNegated) ? null : clause;
}

/** Whether a name satisfies literals of the kinds that stand for members. */
export function isNameIn(literals: readonly StringLiteral[], name: string): boolean {
  return literals.every((literal) => {
    const { facet, isNegated } = literal;
    // a name can be matched, too, with an expression that no automaton follows
    return facet.kind === "pattern" ? isMatch(facet.source, name) !== isNegated : isStringIn([literal], name);
  });
}
