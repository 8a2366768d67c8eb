import { InputError } from "../errors.js";

export type KeywordMap = Readonly<Record<string, unknown>>;

/** A schema and its place in the document, as a JSON pointer: "#/properties/name". */
export interface SchemaNode {
  readonly schema: boolean | KeywordMap;
  readonly pointer: string;
}

/** Schemas that must all hold; none: anything holds. */
export type Conjunction = readonly SchemaNode[];

/** A root schema and what its references mean. */
export interface SchemaDocument {
  readonly root: SchemaNode;
  resolve(reference: string, from: SchemaNode): SchemaNode;
}

export function isKeywordMap(value: unknown): value is KeywordMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The node below `node` at the given steps.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA when no schema stands there */
export function childOf(node: SchemaNode, ...steps: readonly (string | number)[]): SchemaNode {
  let value: unknown = node.schema;
  for (const step of steps) value = (value as Readonly<Record<string | number, unknown>>)[step];
  return asNode(value, steps.reduce<string>(stepPointer, node.pointer));
}

function asNode(value: unknown, pointer: string): SchemaNode {
  if (typeof value === "boolean" || isKeywordMap(value)) return { schema: value, pointer };
  throw new InputError("ROWMILL_INVALID_SCHEMA", `${pointer} must be a schema: an object, true or false.`);
}

/** The pointer of what stands under a name below another pointer. */
export function stepPointer(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Opens a schema for following its references: `#`, `#/a/b`, `#anchor`, and the same after the root's own `$id`.
 *  Other documents are not fetched. */
export function openDocument(schema: boolean | KeywordMap): SchemaDocument {
  const root: SchemaNode = { schema, pointer: "#" };
  const rootId = isKeywordMap(schema) && typeof schema.$id === "string" ? schema.$id.replace(/#$/, "") : null;
  let anchors: Map<string, SchemaNode> | null = null;
  return {
    root,
    resolve(reference, from) {
      refuseInnerBase(root, from);
      const fragment =
        rootId !== null && reference.startsWith(rootId) ? reference.slice(rootId.length) || "#" : reference;
      if (!fragment.startsWith("#")) {
        throw new InputError(
          "ROWMILL_UNSUPPORTED_KEYWORD",
          `$ref at ${from.pointer} points to "${reference}", another document: put what it names under $defs.`,
        );
      }
      const path = decodeURIComponent(fragment.slice(1));
      if (path === "") return root;
      if (path.startsWith("/")) return follow(root, path, reference, from);
      anchors ??= findAnchors(root);
      return anchors.get(path) ?? missing(reference, from);
    },
  };
}

/** A `$id` below the root gives the references under it another base: too rare to be followed here. */
function refuseInnerBase(root: SchemaNode, from: SchemaNode): void {
  let value: unknown = root.schema;
  let pointer = "#";
  for (const step of from.pointer.split("/").slice(1)) {
    value = (value as Readonly<Record<string, unknown>>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    pointer += `/${step}`;
    if (!isKeywordMap(value) || typeof value.$id !== "string" || value.$id.startsWith("#")) continue;
    throw new InputError(
      "ROWMILL_UNSUPPORTED_KEYWORD",
      `$id at ${pointer} changes what the $ref at ${from.pointer} means, which can't be followed: leave the $id out.`,
    );
  }
}

function follow(root: SchemaNode, path: string, reference: string, from: SchemaNode): SchemaNode {
  let value: unknown = root.schema;
  for (const step of path.slice(1).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return missing(reference, from);
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return asNode(value, `#${path}`);
}

function missing(reference: string, from: SchemaNode): never {
  throw new InputError(
    "ROWMILL_INVALID_SCHEMA",
    `$ref at ${from.pointer} points to "${reference}", and nothing is there.`,
  );
}

function findAnchors(root: SchemaNode): Map<string, SchemaNode> {
  const found = new Map<string, SchemaNode>();
  const walk = (value: unknown, pointer: string) => {
    if (typeof value !== "object" || value === null) return;
    for (const name of [(value as KeywordMap).$anchor, String((value as KeywordMap).$id ?? "").replace(/^#/, "")]) {
      if (typeof name === "string" && name !== "") found.set(name, { schema: value as KeywordMap, pointer });
    }
    for (const [key, child] of Object.entries(value)) walk(child, stepPointer(pointer, key));
  };
  walk(root.schema, root.pointer);
  return found;
}
