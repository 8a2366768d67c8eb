import { parseExact, stringifyExact } from "../exactNumbers.js";
import type { Alternative, Clause } from "./atoms.js";
import type { IrNode } from "./ir.js";
import type { JsonType } from "./jsonTypes.js";
import { spellingsOf } from "./literalText.js";
import { memberClause, mentionedNames } from "./members.js";

/** A scalar that is one of a few: where it stands in an output, and what it may be. */
export interface LabelField {
  /** The names of the members that lead to it; [] for the whole output. */
  readonly path: readonly string[];
  /** Each of them as the grammar may write it, quotes included. */
  readonly pathTexts: readonly (readonly string[])[];
  readonly labels: readonly Label[];
}

export interface Label {
  /** A string as it is, another value as JSON; where two of a field would have one name, all as JSON. */
  readonly name: string;
  /** As the grammar may write it: one text, or several spellings. */
  readonly texts: readonly string[];
}

/** What the search needs of a compiled schema. */
export interface CompiledClauses {
  nodeOf(clause: Clause): IrNode;
  waysOf(clause: Clause, type: JsonType): readonly Alternative[];
  ruleOf(name: string): IrNode;
  /** The same for clauses that say the same. */
  keyOf(clause: Clause): string;
}

/** Most texts of one field. */
const MOST_TEXTS = 1000;
const DEEPEST_PATH = 16;
/** Most pieces of grammar within each other in one field: what takes more is no short list. */
const DEEPEST_PIECE = 300;

/** The fields of a schema whose grammar is a choice of two or more scalars: enum, boolean, constants, small ranges of
 *  integers, and null beside these; at the root and in objects within objects, not in arrays. Where a schema comes again
 *  within itself, its fields are told once. Of alternatives that have a field each its own way, the field has all labels. */
export function findLabelFields(root: Clause, compiled: CompiledClauses): LabelField[] {
  const fields: LabelField[] = [];
  const visit = (clauses: readonly Clause[], path: readonly string[], outer: ReadonlySet<string>): void => {
    const texts = clauses.map((clause) => textsOf(compiled.nodeOf(clause), compiled.ruleOf, NO_RULES));
    const labels = texts.every((some) => some !== null) ? labelsOf([...new Set(texts.flat())]) : null;
    if (labels !== null) {
      if (labels.length > 1) fields.push({ path, pathTexts: path.map(spellingsOf), labels });
      return;
    }
    const fresh = clauses.filter((clause) => !outer.has(compiled.keyOf(clause)));
    if (fresh.length === 0 || path.length === DEEPEST_PATH) return;
    const met = new Set([...outer, ...fresh.map(compiled.keyOf)]);
    const ways = fresh.flatMap((clause) => compiled.waysOf(clause, "object"));
    const own = new Map<string, Clause[]>();
    for (const way of ways) {
      for (const name of mentionedNames(way)) {
        const clausesOfName = own.get(name) ?? [];
        clausesOfName.push(memberClause(way, name));
        own.set(name, clausesOfName);
      }
    }
    for (const [name, inner] of own) visit(inner, [...path, name], met);
  };
  visit([root], [], new Set());
  return fields;
}

const NO_RULES: ReadonlySet<string> = new Set();

/** All texts of a piece of grammar, null where they are too many.
 *  @param open rules that are being followed: one that is met within itself has texts without end */
function textsOf(
  node: IrNode,
  ruleOf: (name: string) => IrNode,
  open: ReadonlySet<string>,
  depth = 0,
): readonly string[] | null {
  if (depth > DEEPEST_PIECE) return null;
  switch (node.kind) {
    case "text":
      return [node.text];
    case "chars": {
      const count = node.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      return count > MOST_TEXTS ? null : node.ranges.flatMap(([first, last]) => charactersOf(first, last));
    }
    case "ref":
      if (open.has(node.rule)) return null;
      return textsOf(ruleOf(node.rule), ruleOf, new Set([...open, node.rule]), depth + 1);
    case "choice": {
      const all: string[] = [];
      for (const option of node.options) {
        const some = textsOf(option, ruleOf, open, depth + 1);
        if (some === null || all.length + some.length > MOST_TEXTS) return null;
        all.push(...some);
      }
      return all;
    }
    case "seq": {
      let all: readonly string[] = [""];
      for (const part of node.parts) {
        const some = textsOf(part, ruleOf, open, depth + 1);
        if (some === null || all.length * some.length > MOST_TEXTS) return null;
        all = all.flatMap((before) => some.map((text) => before + text));
      }
      return all;
    }
    default:
      return null;
  }
}

function charactersOf(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at));
}

/** Texts by the value that they stand for; null where one is no scalar. */
function labelsOf(texts: readonly string[]): Label[] | null {
  const byValue = new Map<unknown, string[]>();
  for (const text of texts) {
    const value = parseExact(text);
    if (typeof value === "object" && value !== null) return null;
    byValue.set(value, [...(byValue.get(value) ?? []), text]);
  }
  const values = [...byValue.keys()];
  const names = values.map((value) => (typeof value === "string" ? value : jsonOf(value)));
  const isPlain = new Set(names).size === names.length;
  return [...byValue.values()].map((own, at) => ({
    name: isPlain ? (names[at] as string) : jsonOf(values[at]),
    texts: own,
  }));
}

function jsonOf(value: unknown): string {
  return stringifyExact(value) as string;
}
