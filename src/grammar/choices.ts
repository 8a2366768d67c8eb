import { EMPTY, type GrammarIr, type IrNode, ref } from "./ir.js";
import { textsNode } from "./union.js";

/** A grammar of exactly these texts. Shared beginnings are written once, so that a mask follows one reading of the text
 *  and not one a choice. */
export function choicesGrammar(choices: readonly string[]): GrammarIr {
  const rules: Record<string, IrNode> = { root: EMPTY };
  rules.root = textsNode(choices, "root", (name, make) => {
    rules[name] = make();
    return ref(name);
  });
  return { root: "root", rules };
}
