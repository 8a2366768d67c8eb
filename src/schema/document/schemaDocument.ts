import { InputError } from "../../errors.js";
import { stringifyExact } from "../../exactNumbers.js";
import { indexDocument, type SchemaIndex, splitReference } from "./schemaIndex.js";
import { asNode, type KeywordMap, type SchemaNode } from "./schemaNode.js";

/** A root schema and what its references mean. */
export interface SchemaDocument {
  readonly root: SchemaNode;
  resolve(reference: string, from: SchemaNode): SchemaNode;
  /** Whether some schema of it asks what others have evaluated. */
  readonly hasUnevaluated: boolean;
  /** How many objects and lists it is made of. */
  readonly partCount: number;
  /** Whether a `$dynamicRef` or `$recursiveRef` may lead to several places. */
  readonly isDynamic: boolean;
}

/** Opens a schema for following its references: `#`, `#/a/b`, `#anchor`, and those relative to an `$id`, the root's or one
 *  further in. Other documents are not fetched.
 *  @param knownDocument  a document that needs no fetching: a draft's meta-schema */
export function openDocument(
  schema: boolean | KeywordMap,
  knownDocument: (uri: string) => KeywordMap | null = () => null,
): SchemaDocument {
  const root: SchemaNode = { schema, pointer: "#" };
  const indexes = new Map<string, SchemaIndex>();
  const indexOf = (start: SchemaNode): SchemaIndex => {
    let index = indexes.get(start.pointer);
    if (index === undefined) {
      index = indexDocument(start);
      indexes.set(start.pointer, index);
    }
    return index;
  };
  const targets = new Map<string, SchemaNode>();

  const find = (reference: string, from: SchemaNode): SchemaNode => {
    const home = from.pointer.startsWith("#") ? root : knownRoot(from.pointer, knownDocument);
    const index = indexOf(home);
    const base = index.bases.get(from.schema as KeywordMap) ?? "";
    const { uri, fragment } = splitReference(reference, base);
    let start = uri === "" || uri === base ? (index.resources.get(base) ?? home) : index.resources.get(uri);
    if (start === undefined) {
      const known = knownDocument(uri);
      if (known !== null) start = { schema: known, pointer: `${uri}#` };
    }
    if (start === undefined) {
      throw new InputError(
        "ROWMILL_UNSUPPORTED_KEYWORD",
        `$ref at ${from.pointer} points to "${reference}", another document: put what it names under $defs.`,
      );
    }
    const path = decodeFragment(fragment);
    if (path === "") return start;
    // within an embedded document many a schema still means its root: tried second
    if (path.startsWith("/")) return follow(start, path) ?? follow(home, path) ?? missing(reference, from);
    const { anchors } = start.pointer.startsWith("#") ? index : indexOf(start);
    return anchors.get(`${start.pointer.startsWith("#") ? uri || base : ""}#${path}`) ?? missing(reference, from);
  };

  let text: string | null = null;
  const mentions = (word: string): number => {
    text ??= textOf(schema);
    return text.split(word).length - 1;
  };
  let hasUnevaluated: boolean | null = null;
  let partCount: number | null = null;
  return {
    root,
    get hasUnevaluated() {
      hasUnevaluated ??= mentions('"unevaluated') > 0;
      return hasUnevaluated;
    },
    get partCount() {
      partCount ??= countParts(schema);
      return partCount;
    },
    get isDynamic() {
      return mentions('"$dynamicAnchor"') > 1 || mentions('"$recursiveAnchor"') > 0;
    },
    resolve(reference, from) {
      const key = `${from.pointer} ${reference}`;
      let target = targets.get(key);
      if (target === undefined) {
        target = find(reference, from);
        targets.set(key, target);
      }
      return target;
    },
  };
}

function countParts(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 1;
  if (Array.isArray(value)) for (const part of value) count += countParts(part);
  else for (const key of Object.keys(value)) count += countParts((value as KeywordMap)[key]);
  return count;
}

function textOf(schema: unknown): string {
  try {
    return JSON.stringify(schema);
  } catch {
    // a bigint, which is a rare thing and several times as slow
    return stringifyExact(schema) as string;
  }
}

function knownRoot(pointer: string, knownDocument: (uri: string) => KeywordMap | null): SchemaNode {
  const uri = pointer.slice(0, pointer.indexOf("#"));
  return { schema: knownDocument(uri) ?? true, pointer: `${uri}#` };
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function follow(start: SchemaNode, path: string): SchemaNode | null {
  let value: unknown = start.schema;
  for (const step of path.slice(1).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return asNode(value, `${start.pointer}${path}`);
}

function missing(reference: string, from: SchemaNode): never {
  throw new InputError(
    "ROWMILL_INVALID_SCHEMA",
    `$ref at ${from.pointer} points to "${reference}", and nothing is there.`,
  );
}
