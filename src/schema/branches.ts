import { InputError } from "../errors.js";
import { type Conjunction, childOf, type KeywordMap, type SchemaDocument, type SchemaNode } from "./schemaNode.js";

/** One way to satisfy a schema: nodes whose own keywords must all hold. References, allOf, anyOf and oneOf are followed
 *  already; `nodes` lists each object schema that was met on the way. */
export interface Branch {
  readonly nodes: readonly SchemaNode[];
}

/** Refuses oneOf branches that one value could satisfy together. */
export type AssertDisjoint = (options: readonly (readonly Branch[])[], node: SchemaNode) => void;

const MOST_BRANCHES = 1000;

/** The ways to satisfy all of the schemas: their disjunctive form.
 *  @throws {InputError} when there are too many, or a reference leads back to itself without any value in between */
export function branchesOf(
  schemas: Conjunction,
  document: SchemaDocument,
  assertDisjoint: AssertDisjoint,
): readonly Branch[] {
  const expand = (node: SchemaNode, path: readonly string[]): readonly Branch[] => {
    if (node.schema === true) return [{ nodes: [] }];
    if (node.schema === false) return [];
    if (path.includes(node.pointer)) {
      throw new InputError("ROWMILL_INVALID_SCHEMA", `${node.pointer} refers to itself and to nothing else.`);
    }
    const below = [...path, node.pointer];
    const keywords = node.schema as KeywordMap;
    const own: Branch = { nodes: [node] };
    let branches: readonly Branch[] = [Object.hasOwn(keywords, "properties") ? { nodes: [] } : own];
    // in the order in which they are written, so that properties come in the order of the document
    for (const [keyword, value] of Object.entries(keywords)) {
      if (keyword === "properties") branches = both(branches, [own], node);
      if (keyword === "$ref") branches = both(branches, expand(document.resolve(String(value), node), below), node);
      if (keyword === "allOf") {
        for (const part of indexes(value)) branches = both(branches, expand(childOf(node, keyword, part), below), node);
      }
      if (keyword === "anyOf") {
        const options = indexes(value).flatMap((part) => expand(childOf(node, keyword, part), below));
        branches = both(branches, options, node);
      }
      if (keyword === "oneOf") {
        const options = indexes(value).map((part) => expand(childOf(node, keyword, part), below));
        assertDisjoint(options, node);
        branches = both(branches, options.flat(), node);
      }
    }
    return branches;
  };
  let branches: readonly Branch[] = [{ nodes: [] }];
  for (const schema of schemas) branches = both(branches, expand(schema, []), schema);
  return branches;
}

function indexes(list: unknown): number[] {
  return Array.isArray(list) ? list.map((_, index) => index) : [];
}

function both(left: readonly Branch[], right: readonly Branch[], at: SchemaNode): readonly Branch[] {
  if (left.length * right.length > MOST_BRANCHES) {
    throw new InputError(
      "ROWMILL_UNSUPPORTED_KEYWORD",
      `${at.pointer} combines more than ${MOST_BRANCHES} alternatives: fold some of its anyOf or oneOf together.`,
    );
  }
  const joined = left.flatMap((a) =>
    right.map((b) => ({ nodes: [...new Map([...a.nodes, ...b.nodes].map((node) => [node.pointer, node])).values()] })),
  );
  return joined.filter((branch) => typesOf(branch).size > 0);
}

export const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;
export type JsonType = (typeof TYPES)[number];

/** The types that a branch leaves possible; "number" stands for integers too. */
export function typesOf(branch: Branch): ReadonlySet<JsonType> {
  let left: readonly JsonType[] = TYPES;
  for (const { schema } of branch.nodes) {
    const { type } = schema as KeywordMap;
    if (type === undefined) continue;
    const allowed = new Set((Array.isArray(type) ? type : [type]).map((one) => (one === "integer" ? "number" : one)));
    left = left.filter((one) => allowed.has(one));
  }
  return new Set(left);
}

/** Whether some schema of the branch allows integers only. */
export function isIntegerOnly(branch: Branch): boolean {
  return branch.nodes.some(({ schema }) => {
    const { type } = schema as KeywordMap;
    const allowed: readonly unknown[] = Array.isArray(type) ? type : [type];
    return allowed.includes("integer") && !allowed.includes("number");
  });
}

/** The values of the branch's first enum or const; null when it has none. */
export function candidatesOf(branch: Branch): readonly unknown[] | null {
  for (const { schema } of branch.nodes) {
    const { enum: values, const: value } = schema as KeywordMap;
    if (value !== undefined) return [value];
    if (Array.isArray(values)) return values;
  }
  return null;
}
