import { childOf, type JsonType, type KeywordMap, type SchemaDocument, type SchemaNode } from "../document/index.js";
import { type Alternative, type Atom, atomsOf, checkedAtom } from "./atoms.js";
import { MOST_COMBINED } from "./condition.js";
import { NO_PROPERTIES } from "./objectKeywords.js";

/** What `unevaluatedProperties` and `unevaluatedItems` say in one way to satisfy all else that their schema says: they
 *  speak of what the schemas of that way do not.
 *  @returns a "checked" atom where a way does not show what counts as evaluated: under `not`, and beside `contains` */
export function unevaluatedAtoms(node: SchemaNode, type: JsonType, way: Alternative, document: SchemaDocument): Atom[] {
  const keyword = type === "object" ? "unevaluatedProperties" : "unevaluatedItems";
  const schema = node.schema as KeywordMap;
  if ((type !== "object" && type !== "array") || schema[keyword] === undefined) return [];
  const said = childOf(node, keyword);
  const isUnclear = said.schema !== true && hides(node, type, document, new Set());
  if (isUnclear) return [checkedAtom(keyword, node)];
  if (type === "object") {
    const except = atomsOf(way, "members").map(({ group }) => group);
    return [{ kind: "members", group: { properties: NO_PROPERTIES, patterns: [], others: said, except } }];
  }
  const groups = atomsOf(way, "items").map(({ group }) => group);
  if (groups.some(({ rest }) => rest !== null)) return [];
  const from = Math.max(0, ...groups.map(({ prefix }) => prefix.length));
  return [{ kind: "items", group: { prefix: [], rest: said, from } }];
}

const IN_PLACE: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"]);

/** Whether what a schema evaluates is hidden in it, in itself or in one that it applies in place. */
function hides(node: SchemaNode, type: JsonType, document: SchemaDocument, met: Set<SchemaNode["schema"]>): boolean {
  if (typeof node.schema === "boolean" || met.has(node.schema)) return false;
  met.add(node.schema);
  return Object.entries(node.schema).some(([keyword, value]) => {
    if (keyword === "not" || keyword === "$dynamicRef" || keyword === "$recursiveRef") return true;
    if (type === "array" && keyword === "contains") return true;
    if (keyword === "$ref") return hides(document.resolve(String(value), node), type, document, met);
    if (!IN_PLACE.has(keyword)) return false;
    if (keyword === "anyOf" && (value as readonly unknown[]).length > MOST_COMBINED) return true;
    const isSchema = keyword === "if" || keyword === "then" || keyword === "else";
    const parts = isSchema
      ? [childOf(node, keyword)]
      : Object.keys(value as object).map((part) => childOf(node, keyword, part));
    return parts.some((part) => hides(part, type, document, met));
  });
}
