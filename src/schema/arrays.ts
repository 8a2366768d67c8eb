import type { Branch } from "./branches.js";
import { choice, EMPTY, type IrNode, NEVER, repeat, seq, text } from "./ir.js";
import type { Punctuation } from "./jsonText.js";
import { type Conjunction, childOf, type KeywordMap, type SchemaNode } from "./schemaNode.js";

/** What a schema says of an array. */
export interface ArrayFacets {
  /** Schemas of the first elements, place by place. */
  readonly prefix: readonly Conjunction[];
  /** Schemas of all others. */
  readonly rest: Conjunction;
  readonly minItems: number;
  /** Infinity when there is none. */
  readonly maxItems: number;
}

export function arrayFacets(branch: Branch): ArrayFacets {
  const parts = branch.nodes.map((node) => {
    const keywords = node.schema as KeywordMap;
    const prefixKeyword = Array.isArray(keywords.items) ? "items" : "prefixItems";
    const places = keywords[prefixKeyword];
    const prefix = Array.isArray(places) ? places.map((_, place) => childOf(node, prefixKeyword, place)) : [];
    const restKeyword = prefixKeyword === "items" ? "additionalItems" : "items";
    const rest: SchemaNode | null = keywords[restKeyword] === undefined ? null : childOf(node, restKeyword);
    return { prefix, rest: rest === null ? [] : [rest], keywords };
  });
  const length = Math.max(0, ...parts.map(({ prefix }) => prefix.length));
  return {
    prefix: Array.from({ length }, (_, place) =>
      parts.flatMap(({ prefix, rest }) => (prefix[place] === undefined ? rest : [prefix[place]])),
    ),
    rest: parts.flatMap(({ rest }) => rest),
    minItems: Math.max(0, ...parts.map(({ keywords }) => Number(keywords.minItems ?? 0))),
    maxItems: Math.min(...parts.map(({ keywords }) => Number(keywords.maxItems ?? Number.POSITIVE_INFINITY))),
  };
}

/** @param nodeOf  the grammar of the values that satisfy some schemas */
export function arrayNode(
  facets: ArrayFacets,
  { comma, edge }: Punctuation,
  nodeOf: (schemas: Conjunction) => IrNode,
): IrNode {
  const { prefix, minItems, maxItems } = facets;
  const most = Number.isFinite(maxItems) ? maxItems : null;
  if (maxItems < minItems) return NEVER;
  const empty = minItems === 0 ? EMPTY : NEVER;
  /** What follows the first `count` elements, of which there is at least one. */
  const after = (count: number): IrNode => {
    if (maxItems <= count) return minItems <= count ? EMPTY : NEVER;
    if (count >= prefix.length) {
      return repeat(
        seq(comma, nodeOf(facets.rest)),
        Math.max(0, minItems - count),
        most === null ? null : most - count,
      );
    }
    const more = seq(comma, nodeOf(prefix[count]!), after(count + 1));
    return minItems <= count ? choice(EMPTY, more) : more;
  };
  const some = maxItems === 0 ? NEVER : seq(nodeOf(prefix[0] ?? facets.rest), after(1), edge);
  return seq(text("["), edge, choice(empty, some), text("]"));
}
