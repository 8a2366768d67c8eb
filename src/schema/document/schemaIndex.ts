import { isKeywordMap, type KeywordMap, type SchemaNode, stepPointer } from "./schemaNode.js";

/** Values that may look like schemas and are none. */
export const DATA = new Set(["enum", "const", "default", "examples", "example"]);

/** Keywords below which keys are names of the user. */
export const NAMING = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "dependentRequired",
]);

/** Where the names of a document lead. */
export interface SchemaIndex {
  /** Schemas by the URI that their `$id` gives them. */
  readonly resources: ReadonlyMap<string, SchemaNode>;
  /** Schemas by "URI#anchor". */
  readonly anchors: ReadonlyMap<string, SchemaNode>;
  /** The URI that the references of a schema are relative to; none: "". */
  readonly bases: ReadonlyMap<KeywordMap, string>;
}

/** Walks a document once for its `$id`s and anchors. */
export function indexDocument(root: SchemaNode): SchemaIndex {
  const resources = new Map<string, SchemaNode>();
  const anchors = new Map<string, SchemaNode>();
  const bases = new Map<KeywordMap, string>();
  const walk = (value: unknown, pointer: string, outer: string, isName: boolean) => {
    if (typeof value !== "object" || value === null) return;
    let base = outer;
    if (!isName && isKeywordMap(value)) {
      base = nameSchema(value, pointer, outer);
      if (base !== "") bases.set(value, base);
    }
    for (const [key, child] of Object.entries(value)) {
      if (!isName && DATA.has(key)) continue;
      // below these, keys are names of the user's
      const isBelowNames = !isName && NAMING.has(key);
      walk(child, stepPointer(pointer, key), base, isBelowNames);
    }
  };
  const nameSchema = (schema: KeywordMap, pointer: string, outer: string): string => {
    let base = outer;
    const node = { schema, pointer };
    if (typeof schema.$id === "string") {
      const { uri, fragment } = splitReference(schema.$id, outer);
      base = uri;
      if (schema.$id.startsWith("#")) base = outer;
      else if (!resources.has(uri)) resources.set(uri, node);
      // draft-06 and 07 name a place by an id that is a fragment
      if (fragment !== "") anchors.set(`${base}#${fragment}`, node);
    }
    for (const name of [schema.$anchor, schema.$dynamicAnchor]) {
      if (typeof name === "string") anchors.set(`${base}#${name}`, node);
    }
    return base;
  };
  walk(root.schema, root.pointer, "", false);
  return { resources, anchors, bases };
}

/** A reference against its base, cut at the "#". */
export function splitReference(reference: string, base: string): { readonly uri: string; readonly fragment: string } {
  const cut = reference.indexOf("#");
  const [path, fragment] = cut < 0 ? [reference, ""] : [reference.slice(0, cut), reference.slice(cut + 1)];
  return { uri: path === "" ? base : resolveUri(path, base), fragment };
}

/** Relative ids stay as relative to each other as they were written. */
const NOWHERE = "rowmill://schema/";

function resolveUri(path: string, base: string): string {
  try {
    const resolved = new URL(path, new URL(base, NOWHERE)).href;
    return resolved.startsWith(NOWHERE) ? resolved.slice(NOWHERE.length) : resolved;
  } catch {
    return path;
  }
}
