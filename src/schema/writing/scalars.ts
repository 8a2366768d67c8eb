import { type IrNode, NEVER, ref } from "../../grammar/index.js";
import { compileStrings, type NumberLiteral, UnsupportedNumber, UnsupportedString } from "../../language/index.js";
import { type Alternative, atomsOf, stringLiterals } from "../conditions/index.js";
import type { Emission } from "./emission.js";
import { stringOf } from "./jsonText.js";
import { numbersNode } from "./numberGrammar.js";

/** A condition, and what it is called where it is left to the check. */
interface Named<Condition> {
  readonly condition: Condition;
  readonly name: string;
}

/** The strings that satisfy all atoms; what no automaton follows is left to the check. */
export function stringNode(way: Alternative, emission: Emission): IrNode {
  const named = way.flatMap((atom) =>
    stringLiterals([atom]).map((condition) => ({ condition, name: atom.kind === "string" ? atom.place : "values" })),
  );
  const content = asFarAs(named, compileStrings, UnsupportedString, emission);
  if (content === null) return NEVER;
  if (emission.hasRoomFor(content)) return stringOf(content);
  for (const { place } of atomsOf(way, "string")) emission.leaveToCheck(`${place} (all strings need too many states)`);
  return ref("string");
}

/** The numbers that satisfy all atoms; what can't be followed is left to the check. */
export function numberNode(way: Alternative, emission: Emission): IrNode {
  const named = way.flatMap((atom) =>
    numberLiterals([atom]).map((condition) => ({
      condition,
      name: atom.kind === "number" ? atom.place : condition.kind,
    })),
  );
  const compile = (literals: readonly NumberLiteral[]) => numbersNode(literals, emission.reading, emission.addRule);
  return asFarAs(named, compile, UnsupportedNumber, emission);
}

/** Compiles all conditions together; where that can't be done one after the other, to leave no more than those that can't be
 *  followed to the check. */
function asFarAs<Condition, Result>(
  named: readonly Named<Condition>[],
  compile: (conditions: readonly Condition[]) => Result,
  Unsupported: typeof UnsupportedString | typeof UnsupportedNumber,
  emission: Emission,
): Result {
  try {
    return compile(named.map(({ condition }) => condition));
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
  let kept: readonly Condition[] = [];
  let result = compile(kept);
  for (const { condition, name } of named) {
    try {
      result = compile([...kept, condition]);
      kept = [...kept, condition];
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      emission.leaveToCheck(`${name} (${error.message})`);
    }
  }
  return result;
}

function numberLiterals(way: Alternative): NumberLiteral[] {
  return way.flatMap((atom): NumberLiteral[] => {
    if (atom.kind === "number") return [atom.literal];
    if (atom.kind !== "values") return [];
    return [{ kind: "values", value: atom.values as readonly number[], isNegated: atom.isNegated }];
  });
}
