import { parseExact, stringifyExact } from "../../exactNumbers.js";
import type { IrNode } from "../../grammar/index.js";
import { type Alternative, type Clause, memberClause, mentionedNames } from "../conditions/index.js";
import type { JsonType } from "../document/index.js";
import { spellingsOf } from "./literalText.js";

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
  const counts = new TextCounts(compiled.ruleOf);
  const visit = (clauses: readonly Clause[], path: readonly string[], outer: ReadonlySet<string>): void => {
    const nodes = clauses.map(compiled.nodeOf);
    if (nodes.every(isWithoutFields)) return;
    const isShort = nodes.every((node) => counts.of(node) <= MOST_TEXTS);
    const labels = isShort ? labelsOf([...new Set(nodes.flatMap((node) => textsOf(node, compiled.ruleOf)))]) : null;
    if (labels !== null) {
      if (labels.length > 1) fields.push({ path, pathTexts: path.map(spellingsOf), labels });
      return;
    }
    const fresh = clauses.filter((clause) => !outer.has(compiled.keyOf(clause)));
    if (fresh.length === 0 || path.length === DEEPEST_PATH) return;
    const ways = fresh.flatMap((clause) => compiled.waysOf(clause, "object"));
    const own = new Map<string, Clause[]>();
    for (const way of ways) {
      for (const name of mentionedNames(way)) {
        const clausesOfName = own.get(name) ?? [];
        clausesOfName.push(memberClause(way, name));
        own.set(name, clausesOfName);
      }
    }
    if (own.size === 0) return;
    const met = new Set([...outer, ...fresh.map(compiled.keyOf)]);
    for (const [name, inner] of own) visit(inner, [...path, name], met);
  };
  visit([root], [], new Set());
  return fields;
}

/** Rules that all grammars share, of values that are no few scalars and name no members. */
const WITHOUT_FIELDS: ReadonlySet<string> = new Set(["string", "number", "integer", "array", "object", "value"]);

function isWithoutFields(node: IrNode): boolean {
  return node.kind === "ref" && WITHOUT_FIELDS.has(node.rule);
}

/** How many texts pieces of grammar have, as far as MOST_TEXTS. */
class TextCounts {
  readonly #ruleOf: (name: string) => IrNode;
  /** Rules that are being followed have texts without end: they are met within themselves. */
  readonly #known = new Map<string, number>();

  constructor(ruleOf: (name: string) => IrNode) {
    this.#ruleOf = ruleOf;
  }

  of(node: IrNode, depth = 0): number {
    if (depth > DEEPEST_PIECE) return Number.POSITIVE_INFINITY;
    switch (node.kind) {
      case "text":
        return 1;
      case "chars":
        return node.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      case "ref": {
        let count = this.#known.get(node.rule);
        if (count === undefined) {
          this.#known.set(node.rule, Number.POSITIVE_INFINITY);
          count = this.of(this.#ruleOf(node.rule), depth + 1);
          this.#known.set(node.rule, count);
        }
        return count;
      }
      case "choice":
        return this.#upToMost(node.options, 0, (sum, count) => sum + count, depth);
      case "seq":
        return this.#upToMost(node.parts, 1, (product, count) => product * count, depth);
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  #upToMost(nodes: readonly IrNode[], from: number, join: (a: number, b: number) => number, depth: number): number {
    let count = from;
    for (const node of nodes) {
      count = join(count, this.of(node, depth + 1));
      if (!(count <= MOST_TEXTS)) return Number.POSITIVE_INFINITY;
    }
    return count;
  }
}

/** All texts of a piece of grammar, which are few. */
function textsOf(node: IrNode, ruleOf: (name: string) => IrNode): readonly string[] {
  switch (node.kind) {
    case "text":
      return [node.text];
    case "chars":
      return node.ranges.flatMap(([first, last]) => charactersOf(first, last));
    case "ref":
      return textsOf(ruleOf(node.rule), ruleOf);
    case "choice":
      return node.options.flatMap((option) => textsOf(option, ruleOf));
    case "seq":
      return node.parts.reduce<readonly string[]>(
        (all, part) => {
          const some = textsOf(part, ruleOf);
          return all.flatMap((before) => some.map((text) => before + text));
        },
        [""],
      );
    default:
      throw new Error(`a ${node.kind} has no few texts`);
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
