import { asNode, childOf, isKeywordMap, type KeywordMap, type SchemaNode, stepPointer } from "../document/index.js";
import type { Alternative, Atom, MemberGroup, PropertyNodes } from "./atoms.js";
import { type Condition, held } from "./condition.js";

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
      const names = Array.isArray(schema.required) ? [...new Set(schema.required as string[])] : [];
      if (names.length === 0) return null;
      const atoms = names.map((name): Atom => ({ kind: "required", name, isNegated: false }));
      return held(atoms, () => names.map((name) => [{ kind: "required", name, isNegated: true }]));
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

export const NO_PROPERTIES: PropertyNodes = { names: [], get: () => undefined };

/** Makes each node when it is first asked for: of large schemas many never are. */
function propertyNodes(properties: KeywordMap, pointer: string): PropertyNodes {
  const nodes = new Map<string, SchemaNode>();
  const place = stepPointer(pointer, "properties");
  return {
    names: Object.keys(properties),
    get(name) {
      let node = nodes.get(name);
      if (node === undefined && Object.hasOwn(properties, name)) {
        node = asNode(properties[name], stepPointer(place, name));
        nodes.set(name, node);
      }
      return node;
    },
  };
}

function memberGroupOf(node: SchemaNode): MemberGroup {
  const { properties, patternProperties, additionalProperties } = node.schema as KeywordMap;
  const sources = isKeywordMap(patternProperties) ? Object.keys(patternProperties) : [];
  return {
    properties: isKeywordMap(properties) ? propertyNodes(properties, node.pointer) : NO_PROPERTIES,
    patterns: sources.map((source) => ({ source, node: childOf(node, "patternProperties", source) })),
    others: additionalProperties === undefined ? null : childOf(node, "additionalProperties"),
    except: [],
  };
}

function membersCondition(group: MemberGroup): Condition {
  return held([{ kind: "members", group }], () => memberOpposites(group));
}

function memberOpposites({ properties, patterns, others }: MemberGroup): Alternative[] {
  const opposites: Alternative[] = properties.names.map((name) => [
    { kind: "required", name, isNegated: false },
    { kind: "member", name, literal: { node: properties.get(name)!, isNegated: true } },
  ]);
  for (const { source, node } of patterns) {
    const names = [{ facet: { kind: "pattern", source }, isNegated: false } as const];
    opposites.push([{ kind: "someMember", names, literal: { node, isNegated: true } }]);
  }
  if (others !== null && others.schema !== true) {
    const listed = { facet: { kind: "values", values: properties.names }, isNegated: true } as const;
    const matched = patterns.map(({ source }) => ({ facet: { kind: "pattern", source }, isNegated: true }) as const);
    const names = properties.names.length === 0 ? matched : [listed, ...matched];
    const literal = others.schema === false ? null : { node: others, isNegated: true };
    opposites.push([{ kind: "someMember", names, literal }]);
  }
  return opposites;
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
