import { InputError } from "../../errors.js";

export type KeywordMap = Readonly<Record<string, unknown>>;

/** A schema and its place in the document, as a JSON pointer: "#/properties/name". The pointer is the node's identity. */
export interface SchemaNode {
  readonly schema: boolean | KeywordMap;
  readonly pointer: string;
}

export function isKeywordMap(value: unknown): value is KeywordMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The node below `node` at the given steps.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA when no schema stands there */
export function childOf(node: SchemaNode, ...steps: readonly (string | number)[]): SchemaNode {
  let value: unknown = node.schema;
  for (const step of steps) value = (value as Readonly<Record<string | number, unknown>>)[step];
  let { pointer } = node;
  for (const step of steps) pointer = stepPointer(pointer, step);
  return asNode(value, pointer);
}

/** One node a schema, so that maps can go by it. */
const nodes = new WeakMap<KeywordMap, SchemaNode>();

export function asNode(value: unknown, pointer: string): SchemaNode {
  if (typeof value === "boolean") return { schema: value, pointer };
  if (isKeywordMap(value)) {
    let node = nodes.get(value);
    if (node === undefined || node.pointer !== pointer) {
      node = { schema: value, pointer };
      nodes.set(value, node);
    }
    return node;
  }
  throw new InputError("ROWMILL_INVALID_SCHEMA", `${pointer} must be a schema: an object, true or false.`);
}

/** The pointer of what stands under a name below another pointer. */
export function stepPointer(pointer: string, step: string | number): string {
  if (typeof step === "number") return `${pointer}/${step}`;
  return `${pointer}/${/[~/]/.test(step) ? step.replaceAll("~", "~0").replaceAll("/", "~1") : step}`;
}
