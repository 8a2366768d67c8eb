import { type Alternative, atomsOf } from "./atoms.js";
import type { Emission } from "./emission.js";
import { type IrNode, NEVER, ref } from "./ir.js";
import { compileNumbers, type NumberLiteral, UnsupportedNumber } from "./numbers.js";
import { stringLiterals } from "./satisfiable.js";
import { compileStrings, type StringLiteral, UnsupportedString } from "./stringLanguage.js";

/** The strings that satisfy all atoms; what no automaton follows is left to the check. */
export function stringNode(way: Alternative, emission: Emission): IrNode {
  const content = compileStringsFor(way, emission);
  if (content === null) return NEVER;
  if (!emission.hasRoomFor(content)) {
    for (const { place } of atomsOf(way, "string"))
      emission.leaveToCheck(`${place} (all strings need too many states)`);
    return ref("string");
  }
  const isAny = content.automaton === null && content.min === 0 && content.max === null;
  return isAny ? ref("string") : { kind: "string", content };
}

function compileStringsFor(way: Alternative, emission: Emission): ReturnType<typeof compileStrings> {
  try {
    return compileStrings(stringLiterals(way));
  } catch (error) {
    if (!(error instanceof UnsupportedString)) throw error;
  }
  // one condition after the other, to lose no more than the ones that can't be followed
  let kept: StringLiteral[] = [];
  let content = compileStrings(kept);
  for (const atom of way) {
    const [literal] = stringLiterals([atom]);
    if (literal === undefined) continue;
    try {
      content = compileStrings([...kept, literal]);
      kept = [...kept, literal];
    } catch (error) {
      if (!(error instanceof UnsupportedString)) throw error;
      emission.leaveToCheck(`${atom.kind === "string" ? atom.place : "values"} (${error.message})`);
    }
  }
  return content;
}

/** The numbers that satisfy all atoms; what can't be followed is left to the check. */
export function numberNode(way: Alternative, emission: Emission): IrNode {
  const { reading } = emission;
  const literals = numberLiterals(way);
  try {
    return compileNumbers(literals, reading, emission.addRule);
  } catch (error) {
    if (!(error instanceof UnsupportedNumber)) throw error;
  }
  let kept: NumberLiteral[] = [];
  let node = compileNumbers(kept, reading, emission.addRule);
  for (const literal of literals) {
    try {
      node = compileNumbers([...kept, literal], reading, emission.addRule);
      kept = [...kept, literal];
    } catch (error) {
      if (!(error instanceof UnsupportedNumber)) throw error;
      const place = atomsOf(way, "number").find((atom) => atom.literal === literal)?.place ?? literal.kind;
      emission.leaveToCheck(`${place} (${error.message})`);
    }
  }
  return node;
}

function numberLiterals(way: Alternative): NumberLiteral[] {
  return way.flatMap((atom): NumberLiteral[] => {
    if (atom.kind === "number") return [atom.literal];
    if (atom.kind !== "values") return [];
    return [{ kind: "values", value: atom.values as readonly number[], isNegated: atom.isNegated }];
  });
}
