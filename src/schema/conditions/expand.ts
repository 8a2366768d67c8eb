import { InputError } from "../../errors.js";
import { allowsType, type JsonType, type KeywordMap, type SchemaNode, TYPES } from "../document/index.js";
import { type Alternative, type Clause, checkedAtom, joinAtoms, type Literal } from "./atoms.js";
import { isContradictory } from "./contradiction.js";
import { type Condition, GROUPS, type KeywordContext, marksOf, readKeyword, sideCondition } from "./keywords.js";
import { spendStructure, TooMuchWork } from "./structureBudget.js";
import { unevaluatedAtoms } from "./unevaluated.js";

/** How far to go: most alternatives that a schema is taken apart into, for one type; and whether what a schema forbids is
 *  followed (`not`, the exclusiveness of oneOf, `if`), which may need each combination of sub-schemas, or left to the check. */
export interface ExpansionLimits {
  readonly alternatives: number;
  /** Most pairs of alternatives that are joined, in the whole schema. */
  readonly joins: number;
  readonly followsOpposites: boolean;
}

type Memo = Map<KeywordMap, readonly Alternative[] | "open">;

function newMemos(): Readonly<Record<JsonType, Memo>> {
  const entries = TYPES.map((type): [JsonType, Memo] => [type, new Map()]);
  return Object.fromEntries(entries) as Record<JsonType, Memo>;
}

const NO_WAY: readonly Alternative[] = [];
const EVERY_WAY: readonly Alternative[] = [[]];

class TooManyAlternatives extends Error {}

/** A schema that is needed to take itself apart. */
export class SelfReference extends InputError {
  constructor(pointer: string) {
    super("ROWMILL_INVALID_SCHEMA", `${pointer} refers to itself and to nothing else.`);
  }
}

/** Takes schemas apart into alternatives: for one JSON type at a time, a disjunction of conjunctions of atoms. `not` turns
 *  into the atoms' opposites, so that oneOf, if and dependencies are no more than and, or and not. What would need too many
 *  alternatives, or has no atoms, becomes a "checked" atom, and the alternatives then hold too much rather than too little. */
export class Expander {
  readonly #context: KeywordContext;
  readonly #onSpent: () => void;
  readonly #isSatisfiable: (alternative: Alternative, type: JsonType) => boolean;
  /** What each schema was taken apart into, or that it is being taken apart at this moment. */
  readonly #memos = { positive: newMemos(), negative: newMemos() };

  #limits: ExpansionLimits;
  #hasFollowed = false;
  #joinsLeft: number;

  /** @param isSatisfiable  false where it is plain that no value satisfies the alternative
   *  @param onSpent        called where the joins are used up: may limit() to others */
  constructor(
    context: KeywordContext,
    limits: ExpansionLimits,
    isSatisfiable: (alternative: Alternative, type: JsonType) => boolean,
    onSpent: () => void,
  ) {
    this.#context = context;
    this.#limits = limits;
    this.#joinsLeft = limits.joins;
    this.#isSatisfiable = isSatisfiable;
    this.#onSpent = onSpent;
  }

  /** Whether something was followed that a schema forbids. */
  get hasFollowedOpposites(): boolean {
    return this.#hasFollowed;
  }

  /** Goes on within other limits; what was taken apart stays so. */
  limit(limits: ExpansionLimits): void {
    this.#joinsLeft += limits.joins - this.#limits.joins;
    this.#limits = limits;
  }

  /** The ways in which a value of a type can satisfy all of a clause.
   *  @throws {InputError} where a reference leads back to itself without any value in between */
  clause(clause: Clause, type: JsonType): readonly Alternative[] {
    let ways: readonly Alternative[] = [[]];
    for (const literal of clause) {
      try {
        ways = this.#both(ways, this.literal(literal, type), type);
      } catch (error) {
        if (!(error instanceof TooManyAlternatives)) throw error;
        ways = ways.map((way) => joinAtoms(way, [checkedAtom("schema", literal.node, !literal.isNegated)]));
      }
    }
    return ways;
  }

  readonly literal = ({ node, isNegated }: Literal, type: JsonType): readonly Alternative[] => {
    if (typeof node.schema === "boolean") return node.schema === isNegated ? NO_WAY : EVERY_WAY;
    // most types of most schemas: not worth a place in the memo
    if (!allowsType(node.schema, type)) return isNegated ? EVERY_WAY : NO_WAY;
    const memo = this.#memos[isNegated ? "negative" : "positive"][type];
    const known = memo.get(node.schema);
    if (known === "open") throw new SelfReference(node.pointer);
    if (known !== undefined) return known;
    memo.set(node.schema, "open");
    this.#hasFollowed ||= isNegated;
    try {
      const ways = isNegated ? this.#negative(node, type) : this.#positive(node, type);
      memo.set(node.schema, ways);
      return ways;
    } catch (error) {
      memo.delete(node.schema);
      throw error;
    }
  };

  #positive(node: SchemaNode, type: JsonType): readonly Alternative[] {
    const schema = node.schema as KeywordMap;
    let ways: readonly Alternative[] = [marksOf(schema, this.#context)];
    for (const { keyword, condition } of this.#conditions(node, type, true)) {
      try {
        ways = this.#both(ways, this.#hold(condition, node, type, ways), type);
      } catch (error) {
        if (!(error instanceof TooManyAlternatives)) throw error;
        const left = this.#atLeast(ways, condition, type);
        ways = left.map((way) => joinAtoms(way, [checkedAtom(keyword, node, left === ways && keyword !== "not")]));
      }
      if (ways.length === 0) return ways;
    }
    return ways.map((way) => joinAtoms(way, unevaluatedAtoms(node, type, way, this.#context.document)));
  }

  /** What holds of a condition that is too much to follow: of oneOf, that one of its parts is satisfied. */
  #atLeast(ways: readonly Alternative[], condition: Condition, type: JsonType): readonly Alternative[] {
    if (condition.kind !== "one") return ways;
    try {
      const options = condition.parts.flatMap((part) => this.literal({ node: part, isNegated: false }, type));
      return this.#both(ways, options, type);
    } catch (error) {
      if (error instanceof TooManyAlternatives) return ways;
      throw error;
    }
  }

  /** @param before  what the keywords before this one left: only some of them can meet the others of a oneOf */
  #hold(
    condition: Condition,
    node: SchemaNode,
    type: JsonType,
    before: readonly Alternative[],
  ): readonly Alternative[] {
    switch (condition.kind) {
      case "atoms":
        return [condition.atoms];
      case "all":
        return condition.parts.reduce<readonly Alternative[]>(
          (ways, part) => this.#both(ways, this.#hold(part, node, type, before), type),
          [[]],
        );
      case "any":
        return this.#capped(condition.parts.flatMap((part) => this.#hold(part, node, type, before)));
      case "schema":
        return this.literal(condition.literal, type);
      case "one":
        return this.#exactlyOne(condition.parts, type, before);
      case "opposite":
        if (!this.#limits.followsOpposites) return [[checkedAtom("not", node)]];
        this.#hasFollowed = true;
        return this.#fail(condition.of, node, type);
    }
  }

  #exactlyOne(parts: readonly SchemaNode[], type: JsonType, before: readonly Alternative[]): readonly Alternative[] {
    const options = parts.map((part) => this.#both(before, this.literal({ node: part, isNegated: false }, type), type));
    const ways = options.flatMap((option, index) => {
      let kept: readonly Alternative[] = option;
      for (const [other, node] of parts.entries()) {
        if (other === index || options[other]!.length === 0) continue;
        // apart already: what the others demand needs no opposite
        const isApart = kept.map((way) => !this.#meets(way, options[other]!, type));
        if (isApart.every(Boolean)) continue;
        if (!this.#limits.followsOpposites) throw new TooManyAlternatives();
        const opposites = this.literal({ node, isNegated: true }, type);
        kept = this.#capped(
          kept.flatMap((way, place) => (isApart[place] ? [way] : this.#satisfiable([way], opposites, type))),
        );
      }
      return kept;
    });
    return this.#capped(ways);
  }

  #meets(way: Alternative, others: readonly Alternative[], type: JsonType): boolean {
    this.#spend(others.length);
    return others.some((other) => {
      spendStructure(way.length + other.length);
      const both = joinAtoms(way, other);
      return both === way || (!isContradictory(both, type) && this.#isSatisfiable(both, type));
    });
  }

  #satisfiable(a: readonly Alternative[], b: readonly Alternative[], type: JsonType): readonly Alternative[] {
    return this.#both(a, b, type).filter((way) => this.#isSatisfiable(way, type));
  }

  #negative(node: SchemaNode, type: JsonType): readonly Alternative[] {
    const ways: Alternative[] = unevaluatedAtoms(node, type, [], this.#context.document).map(() => [
      checkedAtom("unevaluated", node),
    ]);
    for (const { condition } of this.#conditions(node, type, false)) {
      const failing = this.#fail(condition, node, type);
      if (failing.some((way) => way.length === 0)) return [[]];
      ways.push(...failing);
    }
    return this.#capped(ways);
  }

  /** The ways in which a condition does not hold. */
  #fail(condition: Condition, node: SchemaNode, type: JsonType): readonly Alternative[] {
    switch (condition.kind) {
      case "atoms":
        return condition.opposites().filter((way) => !isContradictory(way, type));
      case "all":
        return this.#capped(condition.parts.flatMap((part) => this.#fail(part, node, type)));
      case "any":
        return condition.parts.reduce<readonly Alternative[]>(
          (ways, part) => this.#both(ways, this.#fail(part, node, type), type),
          [[]],
        );
      case "schema":
        return this.literal({ node: condition.literal.node, isNegated: !condition.literal.isNegated }, type);
      case "opposite":
        return this.#hold(condition.of, node, type, [[]]);
      case "one": {
        const positive = condition.parts.map((part) => this.literal({ node: part, isNegated: false }, type));
        const none = condition.parts.reduce<readonly Alternative[]>(
          (ways, part) => this.#satisfiable(ways, this.literal({ node: part, isNegated: true }, type), type),
          [[]],
        );
        const pairs = positive.flatMap((one, index) =>
          positive.slice(index + 1).flatMap((other) => this.#satisfiable(one, other, type)),
        );
        return this.#capped([...none, ...pairs]);
      }
    }
  }

  /** @param isOrdered  give each side of an `if` at its own place */
  #conditions(
    node: SchemaNode,
    type: JsonType,
    isOrdered: boolean,
  ): readonly { keyword: string; condition: Condition }[] {
    const schema = node.schema as KeywordMap;
    const found: { keyword: string; condition: Condition }[] = [];
    for (const keyword of Object.keys(schema)) {
      // the keywords of a group are read together, at the place of the properties
      const group = GROUPS.get(keyword);
      if (group !== undefined && keyword !== group.find((one) => Object.hasOwn(schema, one))) continue;
      const side = isOrdered ? sideCondition(keyword, node, this.#context) : null;
      const condition = readKeyword(keyword, node, type, this.#context);
      if (side !== null) found.push({ keyword, condition: side });
      else if (condition !== null) found.push({ keyword, condition });
    }
    return found;
  }

  /** Every pair of ways that can hold together. */
  #both(a: readonly Alternative[], b: readonly Alternative[], type: JsonType): readonly Alternative[] {
    if (a.length === 1 && a[0]!.length === 0) return b;
    if (b.length === 1 && b[0]!.length === 0) return a;
    if (a.length * b.length > this.#limits.alternatives * 20) throw new TooManyAlternatives();
    this.#spend(a.length * b.length);
    const ways: Alternative[] = [];
    for (const one of a) {
      for (const other of b) {
        spendStructure(one.length + other.length);
        const both = joinAtoms(one, other);
        if (both !== one && isContradictory(both, type)) continue;
        ways.push(both);
      }
    }
    return this.#capped(ways);
  }

  #spend(joins: number): void {
    this.#joinsLeft -= joins;
    if (this.#joinsLeft < 0) this.#onSpent();
    if (this.#joinsLeft < 0) throw new TooMuchWork();
  }

  #capped(ways: readonly Alternative[]): readonly Alternative[] {
    if (ways.length > this.#limits.alternatives) throw new TooManyAlternatives();
    return ways;
  }
}
