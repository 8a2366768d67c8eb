import { type Alternative, type Atom, atomsOf } from "./atoms.js";
import type { JsonType } from "./jsonTypes.js";
import { childOf, type KeywordMap, type SchemaNode } from "./schemaNode.js";

/** What `unevaluatedProperties` and `unevaluatedItems` say in one way to satisfy all else that their schema says: they
 *  speak of what the schemas of that way do not.
 *  @returns a "checked" atom where a way does not show what counts as evaluated: under `not`, and beside `contains` */
export function unevaluatedAtoms(node: SchemaNode, type: JsonType, way: Alternative): Atom[] {
  const keyword = type === "object" ? "unevaluatedProperties" : "unevaluatedItems";
  const schema = node.schema as KeywordMap;
  if ((type !== "object" && type !== "array") || schema[keyword] === undefined) return [];
  const said = childOf(node, keyword);
  const isUnclear = said.schema !== true && hides(schema, type);
  if (isUnclear) return [{ kind: "checked", what: `${keyword} at ${node.pointer}`, hidesNames: false }];
  if (type === "object") {
    const except = atomsOf(way, "members").map(({ group }) => group);
    return [{ kind: "members", group: { properties: new Map(), patterns: [], others: said, except } }];
  }
  const groups = atomsOf(way, "items").map(({ group }) => group);
  if (groups.some(({ rest }) => rest !== null)) return [];
  const from = Math.max(0, ...groups.map(({ prefix }) => prefix.length));
  return [{ kind: "items", group: { prefix: [], rest: said, from } }];
}

const IN_PLACE = new Set(["allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"]);

/** Whether what a schema evaluates is hidden in it, itself or one that it applies in place. */
function hides(schema: unknown, type: JsonType): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return Object.entries(schema).some(([keyword, value]) => {
    if (keyword === "not" || keyword === "$dynamicRef" || (type === "array" && keyword === "contains")) return true;
    return (
      IN_PLACE.has(keyword) &&
      Object.values(value as object)
        .concat(value)
        .some((part) => hides(part, type))
    );
  });
}
