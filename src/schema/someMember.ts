import { type Alternative, type Atom, atomsOf, joinAtoms, type Literal } from "./atoms.js";
import { isContradictory } from "./contradiction.js";
import type { Emission } from "./emission.js";
import { mentionedNames } from "./members.js";
import { isNameIn } from "./otherMembers.js";
import type { StringLiteral } from "./stringLanguage.js";

/** A member that must be there and that no schema names. */
export interface SomeMember {
  readonly names: readonly StringLiteral[];
  readonly literal: Literal | null;
}

export interface Settled {
  readonly way: Alternative;
  readonly some: SomeMember | null;
}

/** Settles which member it is that satisfies each "there is some member": one of the mentioned, or another one.
 *  @param nameWays  for each negated `propertyNames`: what some name must satisfy, one of these lists */
export function settleSomeMembers(
  way: Alternative,
  nameWays: readonly (readonly (readonly StringLiteral[])[])[],
  emission: Emission,
): Settled[] {
  const demands: SomeMember[][] = [
    ...atomsOf(way, "someMember").map(({ names, literal }) => [{ names, literal }]),
    ...nameWays.map((ways) => ways.map((names) => ({ names, literal: null }))),
  ];
  const rest = way.filter(({ kind }) => kind !== "someMember");
  let cases: Settled[] = [{ way: rest, some: null }];
  for (const options of demands) {
    cases = cases.flatMap((one) => options.flatMap((demand) => settle(one, demand, emission)));
  }
  return cases;
}

function settle(before: Settled, demand: SomeMember, emission: Emission): Settled[] {
  const named = mentionedNames(before.way)
    .filter((name) => isNameIn(demand.names, name))
    .map((name): Settled => {
      const there: Atom[] = [{ kind: "required", name, isNegated: false }];
      if (demand.literal !== null) there.push({ kind: "member", name, literal: demand.literal });
      return { way: joinAtoms(before.way, there), some: before.some };
    })
    .filter(({ way }) => !isContradictory(way, "object"));
  if (before.some === null) return [...named, { way: before.way, some: demand }];
  // two members that no schema names may be one and the same: one is written, the check sees to the other
  emission.leaveToCheck("not (two members that are not named)");
  return [...named, before];
}
