import type { Random } from "./random.js";
import { mutatedText } from "./randomPatterns.js";

const RULES = ["root", "a", "b", "list-of", "ws"];
const LITERALS = ['"a"', '"{\\"k\\": "', '""', '"é"', '"\\x41\\n"', '"\\U0001F600"', "[a-z]", "[^\\n]", "[0-9_-]", "."];
const ALPHABET = 'root::=|()[]{}*+?".\\ \n#a0,-^';

/** A GBNF text: rules that name each other, or such a text with mistakes in it. Most begin with what is no rule, or a
 *  later one, since a rule that begins with itself is refused. */
export function randomGbnf(random: Random): string {
  const rules = RULES.slice(0, 1 + random.below(RULES.length));
  const body = (depth: number, ahead: readonly string[]): string =>
    Array.from({ length: 1 + random.below(3) }, () =>
      Array.from({ length: random.isIn(0.05) ? 0 : 1 + random.below(3) }, (_, at) =>
        part(depth, at === 0 ? ahead : rules),
      ).join(" "),
    ).join(random.isIn(0.2) ? " |\n  " : " | ");
  const part = (depth: number, ahead: readonly string[]): string => {
    const quantifier = random.isIn(0.25) ? random.from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}"]) : "";
    if (depth < 2 && random.isIn(0.2)) return `(${body(depth + 1, ahead)})${quantifier}`;
    const known = random.isIn(0.98) ? ahead : RULES;
    return random.from(known.length > 0 && random.isIn(0.4) ? known : LITERALS) + quantifier;
  };
  const text = rules.map((rule, at) => `${rule} ::= ${body(0, rules.slice(at + 1))}\n`).join("");
  return random.isIn(0.7) ? text : mutatedText(text, random, ALPHABET);
}

/** Tables with a few words changed, lost or added. */
export function mutatedTables(tables: Uint32Array, random: Random): Uint32Array {
  const words = [...tables];
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(words.length);
    const other = words[random.below(words.length)]!;
    const kind = random.below(6);
    if (kind === 0) words.splice(at, 1 + random.below(3));
    else if (kind === 1) words.splice(at, 0, other);
    else if (kind === 2) words[at] = random.from([0, 1, 0xffff_ffff, 0x7fff_ffff, 0x10_ffff, 0x11_0000, 0xd800]);
    else if (kind === 3) words[at] = (words[at]! ^ (1 << random.below(32))) >>> 0;
    else words[at] = kind === 4 ? other : random.below(12);
  }
  return Uint32Array.from(words);
}
