import { asNode, childOf, type KeywordMap, type SchemaNode, stepPointer } from "../document/index.js";
import type { Alternative, Atom, ItemGroup } from "./atoms.js";
import { type Condition, held } from "./condition.js";

const ANY = Number.POSITIVE_INFINITY;

/** What a keyword demands of arrays; null when nothing. */
export function arrayCondition(keyword: string, node: SchemaNode): Condition | null {
  const schema = node.schema as KeywordMap;
  switch (keyword) {
    case "items":
    case "prefixItems":
    case "additionalItems":
      return itemsCondition(itemGroupOf(node));
    case "minItems":
      return Number(schema.minItems) === 0 ? null : countCondition(Number(schema.minItems), ANY);
    case "maxItems":
      return countCondition(0, Number(schema.maxItems));
    case "contains":
      return containsCondition(node);
    case "uniqueItems": {
      if (schema.uniqueItems !== true) return null;
      const what = `uniqueItems at ${node.pointer}`;
      return held([{ kind: "unique", isNegated: false, what }], [[{ kind: "unique", isNegated: true, what }]]);
    }
    default:
      return null;
  }
}

function itemGroupOf(node: SchemaNode): ItemGroup {
  const schema = node.schema as KeywordMap;
  const prefixKeyword = Array.isArray(schema.items) ? "items" : "prefixItems";
  const restKeyword = prefixKeyword === "items" ? "additionalItems" : "items";
  const places = schema[prefixKeyword];
  const pointer = stepPointer(node.pointer, prefixKeyword);
  const prefix = Array.isArray(places) ? places.map((one, place) => asNode(one, stepPointer(pointer, place))) : [];
  return { prefix, rest: schema[restKeyword] === undefined ? null : childOf(node, restKeyword), from: 0 };
}

function itemsCondition(group: ItemGroup): Condition | null {
  if (group.prefix.length === 0 && group.rest === null) return null;
  return held([{ kind: "items", group }], () => itemOpposites(group));
}

function itemOpposites({ prefix, rest }: ItemGroup): Alternative[] {
  const opposites: Alternative[] = prefix.map((node, place) => [
    { kind: "itemCount", min: place + 1, max: ANY },
    { kind: "item", place, literal: { node, isNegated: true } },
  ]);
  if (rest !== null) {
    const isMore: Atom = { kind: "itemCount", min: prefix.length + 1, max: ANY };
    const literal = { node: rest, isNegated: true };
    const some: Atom = { kind: "contains", from: prefix.length, literal, min: 1, max: ANY };
    opposites.push(rest.schema === false ? [isMore] : [isMore, some]);
  }
  return opposites;
}

function countCondition(min: number, max: number): Condition {
  const count = (from: number, to: number): Alternative => [{ kind: "itemCount", min: from, max: to }];
  return held(count(min, max), min > 0 ? [count(0, min - 1)] : [count(max + 1, ANY)]);
}

function containsCondition(node: SchemaNode): Condition | null {
  const schema = node.schema as KeywordMap;
  const min = Number(schema.minContains ?? 1);
  const max = schema.maxContains === undefined ? ANY : Number(schema.maxContains);
  const literal = { node: childOf(node, "contains"), isNegated: false };
  const matched = (from: number, to: number): Alternative => [
    { kind: "contains", from: 0, literal, min: from, max: to },
  ];
  if (min === 0 && max === ANY) return null;
  const opposites = [...(min > 0 ? [matched(0, min - 1)] : []), ...(max < ANY ? [matched(max + 1, ANY)] : [])];
  return held(matched(min, max), opposites);
}
