import type { StringLiteral } from "../../language/index.js";
import { type Alternative, type Atom, atomsOf, joinAtoms, type Literal } from "./atoms.js";
import { isContradictory } from "./contradiction.js";
import { mentionedNames } from "./members.js";
import { isNameIn } from "./otherMembers.js";
import { spendStructure } from "./structureBudget.js";

/** A member that must be there and that no schema names. */
export interface SomeMember {
  readonly names: readonly StringLiteral[];
  readonly literal: Literal | null;
}

export interface Settled {
  readonly way: Alternative;
  /** Each is to be satisfied by some member; one may satisfy several. */
  readonly some: readonly SomeMember[];
}

/** Most demands that an object's unnamed members are told apart by. */
const MOST_DEMANDS = 4;
/** What it costs to try a demand on a name, in steps of a compilation. */
const STEPS_PER_NAME = 40;

/** Settles which member it is that satisfies each "there is some member": one of the mentioned, or another one.
 *  @param nameWays      for each negated `propertyNames`: what some name must satisfy, one of these lists
 *  @param leaveToCheck  told of what is not followed */
export function settleSomeMembers(
  way: Alternative,
  nameWays: readonly (readonly (readonly StringLiteral[])[])[],
  leaveToCheck: (what: string) => void,
): Settled[] {
  const demands: SomeMember[][] = [
    ...atomsOf(way, "someMember").map(({ names, literal }) => [{ names, literal }]),
    ...nameWays.map((ways) => ways.map((names) => ({ names, literal: null }))),
  ];
  if (demands.length === 0) return [{ way, some: [] }];
  const rest = way.filter(({ kind }) => kind !== "someMember");
  let cases: Settled[] = [{ way: rest, some: [] }];
  for (const options of demands) {
    cases = cases.flatMap((one) => options.flatMap((demand) => settle(one, demand, leaveToCheck)));
  }
  return cases;
}

function settle(before: Settled, demand: SomeMember, leaveToCheck: (what: string) => void): Settled[] {
  const names = mentionedNames(before.way);
  spendStructure(names.length * STEPS_PER_NAME);
  const named = names
    .filter((name) => isNameIn(demand.names, name))
    .map((name): Settled => {
      const there: Atom[] = [{ kind: "required", name, isNegated: false }];
      if (demand.literal !== null) there.push({ kind: "member", name, literal: demand.literal });
      return { way: joinAtoms(before.way, there), some: before.some };
    })
    .filter(({ way }) => !isContradictory(way, "object"));
  if (before.some.length < MOST_DEMANDS) return [...named, { way: before.way, some: [...before.some, demand] }];
  leaveToCheck("not (many members that are not named)");
  return [...named, before];
}
