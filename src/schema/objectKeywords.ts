import type { Alternative, Atom, MemberGroup } from "./atoms.js";
import { type Condition, held } from "./condition.js";
import { childOf, isKeywordMap, type KeywordMap, type SchemaNode } from "./schemaNode.js";

const ANY = Number.POSITIVE_INFINITY;

/** What a keyword demands of objects; null when nothing. */
export function objectCondition(keyword: string, node: SchemaNode): Condition | null {
  const schema = node.schema as KeywordMap;
  switch (keyword) {
    case "properties":
    case "patternProperties":
    case "additionalProperties":
      return membersCondition(memberGroupOf(node));
    case "required": {
      const names = Array.isArray(schema.required) ? (schema.required as string[]) : [];
      const atoms = [...new Set(names)].map((name): Atom => ({ kind: "required", name, isNegated: false }));
      const opposites = [...new Set(names)].map((name): Alternative => [{ kind: "required", name, isNegated: true }]);
      return names.length === 0 ? null : held(atoms, opposites);
    }
    case "minProperties":
      return Number(schema.minProperties) === 0 ? null : countCondition(Number(schema.minProperties), ANY);
    case "maxProperties":
      return countCondition(0, Number(schema.maxProperties));
    case "propertyNames": {
      const names = childOf(node, "propertyNames");
      return held(
        [{ kind: "names", node: names, isNegated: false }],
        [
          [
            { kind: "memberCount", min: 1, max: ANY },
            { kind: "names", node: names, isNegated: true },
          ],
        ],
      );
    }
    case "dependentRequired":
    case "dependentSchemas":
    case "dependencies":
      return dependenciesCondition(keyword, node);
    default:
      return null;
  }
}

function memberGroupOf(node: SchemaNode): MemberGroup {
  const { properties, patternProperties, additionalProperties } = node.schema as KeywordMap;
  const named = isKeywordMap(properties) ? Object.keys(properties) : [];
  const sources = isKeywordMap(patternProperties) ? Object.keys(patternProperties) : [];
  return {
    properties: new Map(named.map((name) => [name, childOf(node, "properties", name)])),
    patterns: sources.map((source) => ({ source, node: childOf(node, "patternProperties", source) })),
    others: additionalProperties === undefined ? null : childOf(node, "additionalProperties"),
    except: [],
  };
}

function membersCondition(group: MemberGroup): Condition {
  const { properties, patterns, others } = group;
  const opposites: Alternative[] = [...properties].map(([name, node]) => [
    { kind: "required", name, isNegated: false },
    { kind: "member", name, literal: { node, isNegated: true } },
  ]);
  for (const { source, node } of patterns) {
    const names = [{ facet: { kind: "pattern", source }, isNegated: false } as const];
    opposites.push([{ kind: "someMember", names, literal: { node, isNegated: true } }]);
  }
  if (others !== null && others.schema !== true) {
    const listed = { facet: { kind: "values", values: [...properties.keys()] }, isNegated: true } as const;
    const matched = patterns.map(({ source }) => ({ facet: { kind: "pattern", source }, isNegated: true }) as const);
    const names = properties.size === 0 ? matched : [listed, ...matched];
    const literal = others.schema === false ? null : { node: others, isNegated: true };
    opposites.push([{ kind: "someMember", names, literal }]);
  }
  return held([{ kind: "members", group }], opposites);
}

function countCondition(min: number, max: number): Condition {
  const count = (from: number, to: number): Alternative => [{ kind: "memberCount", min: from, max: to }];
  return held(count(min, max), min > 0 ? [count(0, min - 1)] : [count(max + 1, ANY)]);
}

function isThere(name: string): Condition {
  const atom = (isNegated: boolean): Atom => ({ kind: "required", name, isNegated });
  return held([atom(false)], [[atom(true)]]);
}

/** For each name: the member is not there, or what depends on it holds. */
function dependenciesCondition(keyword: string, node: SchemaNode): Condition | null {
  const dependencies = (node.schema as KeywordMap)[keyword];
  if (!isKeywordMap(dependencies) || Object.keys(dependencies).length === 0) return null;
  return {
    kind: "all",
    parts: Object.entries(dependencies).map(([name, needed]) => {
      const needs: Condition =
        Array.isArray(needed) || typeof needed === "string"
          ? { kind: "all", parts: [needed].flat().map((other) => isThere(String(other))) }
          : { kind: "schema", literal: { node: childOf(node, keyword, name), isNegated: false } };
      return {
        kind: "any",
        parts: [
          { kind: "opposite", of: isThere(name) },
          { kind: "all", parts: [isThere(name), needs] },
        ],
      };
    }),
  };
}
