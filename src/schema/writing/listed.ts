import { type IrNode, text, unionNode } from "../../grammar/index.js";
import type { Numeric } from "../../language/index.js";
import { type Alternative, atomsOf, type Clause, listedValues } from "../conditions/index.js";
import { type JsonType, type KeywordMap, saysNoMoreThan } from "../document/index.js";
import type { Judge } from "../judging/index.js";
import type { Emission } from "./emission.js";
import { literal, numberText } from "./literalText.js";
import { numbersNode } from "./numberGrammar.js";

/** The values that are left of a list, written one by one; null where nothing lists them.
 *  @param name  of the rules that many values need */
export function listedNode(
  clause: Clause,
  way: Alternative,
  type: JsonType,
  judge: Judge,
  name: string,
  { punctuation, reading, leaveToCheck, addRule }: Emission,
): IrNode | null {
  const left = listedValues(way, type);
  if (left === null) {
    if ((type === "array" || type === "object") && atomsOf(way, "values").length > 0)
      leaveToCheck(`not (a listed ${type})`);
    return null;
  }
  const number = (value: Numeric) =>
    reading === "intended"
      ? text(numberText(value))
      : numbersNode([{ kind: "values", value: [value], isNegated: false }], reading, addRule);
  const [only] = clause;
  const isPlain =
    clause.length === 1 && !only!.isNegated && saysNoMoreThan(only!.node.schema as KeywordMap, "enum", "const", "type");
  // what lists and the rest of a clause have in common: only the judge knows of arrays and objects
  const isJudged = (type === "array" || type === "object") && !isPlain;
  const valid = isJudged
    ? left.filter((value) => clause.every(({ node, isNegated }) => judge.isValidAt(node, value) !== isNegated))
    : left;
  const texts = valid.map((value) => literal(value, punctuation, number));
  return unionNode(texts, name, addRule);
}
