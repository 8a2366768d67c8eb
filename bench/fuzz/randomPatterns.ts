import type { Random } from "./random.js";

const ATOMS = [
  ..."a b z A 0 9 _ - . é 😀 \\d \\D \\w \\W \\s \\S \\t \\n \\/ \\. \\\\ \\- \\] \\u0041 \\u{1F600} \\x41 \\cA \\0".split(
    " ",
  ),
  ..."\\p{Lu} \\P{L} \\p{Script=Greek} \\p{Any} \\b \\B ^ $ \\1 \\k<n> \\k \\a \\p{No} ] } { [ ( ) * + ?".split(" "),
];
const IN_CLASS = [..."a z A-Z 0-9 - ] ^ \\d \\W \\s \\b \\] \\- \\u0041-\\u{1F600} z-a \\p{L} é-ü . 😀".split(" ")];
const QUANTIFIERS = [
  "*",
  "+",
  "?",
  "{2}",
  "{0,3}",
  "{2,}",
  "{3,1}",
  "{0}",
  "{1000}",
  "{,2}",
  "*?",
  "+?",
  "{2,5}?",
  "**",
];
const GROUPS = ["(", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?<n>", "(?i:"];

/** A regular expression, most of them well-formed. */
export function randomPattern(random: Random, depth = 0): string {
  const branches = 1 + random.some(2, () => 0).length;
  return Array.from({ length: branches }, () => randomBranch(random, depth)).join("|");
}

function randomBranch(random: Random, depth: number): string {
  const start = random.isIn(depth === 0 ? 0.4 : 0.05) ? "^" : "";
  const end = random.isIn(depth === 0 ? 0.4 : 0.05) ? "$" : "";
  return start + random.some(6, () => randomTerm(random, depth)).join("") + end;
}

function randomTerm(random: Random, depth: number): string {
  const quantifier = random.isIn(0.3) ? random.from(QUANTIFIERS) : random.isIn(0.0002) ? "{1000}" : "";
  if (depth < 3 && random.isIn(0.25)) {
    const group = random.from(random.isIn(0.6) ? GROUPS.slice(0, 2) : GROUPS);
    return `${group}${randomPattern(random, depth + 1)}${random.isIn(0.01) ? "" : ")"}${quantifier}`;
  }
  if (random.isIn(0.25)) {
    const inside = random.some(4, () => random.from(IN_CLASS)).join("");
    return `[${random.isIn(0.3) ? "^" : ""}${inside}${random.isIn(0.01) ? "" : "]"}${quantifier}`;
  }
  // the last ones are mostly mistakes
  return random.from(random.isIn(0.97) ? ATOMS.slice(0, 40) : ATOMS) + quantifier;
}

/** A text with a few characters lost, doubled or replaced. */
export function mutatedText(text: string, random: Random, alphabet: string): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(changed.length + 1);
    const length = random.below(4);
    const put = random.from(["", random.from([...alphabet]), changed.slice(at, at + 5), changed.slice(0, 10)]);
    changed = changed.slice(0, at) + put + changed.slice(at + length);
  }
  return changed;
}
