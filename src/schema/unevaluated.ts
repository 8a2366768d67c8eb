import { type Alternative, type Atom, atomsOf } from "./atoms.js";
import type { JsonType } from "./jsonTypes.js";
import { childOf, type KeywordMap, type SchemaNode } from "./schemaNode.js";

/** What `unevaluatedProperties` and `unevaluatedItems` say in one way to satisfy all else that their schema says: they
 *  speak of what the schemas of that way do not. A value that satisfies two options of an anyOf at once may have what both
 *  name; here it may have what one names, so the grammar holds a little less than the specification. */
export function unevaluatedAtoms(node: SchemaNode, type: JsonType, way: Alternative): Atom[] {
  const schema = node.schema as KeywordMap;
  const isGiven = (keyword: string) => schema[keyword] !== undefined && schema[keyword] !== true;
  if (type === "object" && isGiven("unevaluatedProperties")) {
    const except = atomsOf(way, "members").map(({ group }) => group);
    const others = childOf(node, "unevaluatedProperties");
    return [{ kind: "members", group: { properties: new Map(), patterns: [], others, except } }];
  }
  if (type === "array" && isGiven("unevaluatedItems")) {
    const groups = atomsOf(way, "items").map(({ group }) => group);
    // what `contains` matches counts as evaluated, wherever it stands
    if (atomsOf(way, "contains").length > 0) return [{ kind: "checked", what: `unevaluatedItems at ${node.pointer}` }];
    if (groups.some(({ rest }) => rest !== null)) return [];
    const from = Math.max(0, ...groups.map(({ prefix }) => prefix.length));
    return [{ kind: "items", group: { prefix: [], rest: childOf(node, "unevaluatedItems"), from } }];
  }
  return [];
}
