import { choice, EMPTY, type GrammarIr, type IrNode, seq, text } from "./ir.js";

/** A grammar of exactly these texts. Shared beginnings are written once, so that a mask follows one reading of the text
 *  and not one a choice. */
export function choicesGrammar(choices: readonly string[]): GrammarIr {
  return {
    root: "root",
    rules: {
      root: beginningsNode(
        choices.map((one) => [...one]),
        0,
      ),
    },
  };
}

/** @param texts different from each other and the same before character `from` */
function beginningsNode(texts: readonly (readonly string[])[], from: number): IrNode {
  const groups = new Map<string, (readonly string[])[]>();
  for (const one of texts) {
    const char = one[from];
    if (char !== undefined) groups.set(char, [...(groups.get(char) ?? []), one]);
  }
  const options = [...groups.values()].map((group) => {
    const shared = sharedLength(group, from);
    return seq(text(group[0]!.slice(from, shared).join("")), beginningsNode(group, shared));
  });
  const mayEnd = texts.some((one) => one.length === from);
  return choice(...(mayEnd ? [EMPTY] : []), ...options);
}

/** How many characters all of them have in common. */
function sharedLength(texts: readonly (readonly string[])[], from: number): number {
  const [first, ...others] = texts;
  let length = from;
  while (length < first!.length && others.every((one) => one[length] === first![length])) length++;
  return length;
}
