import {
  DATA,
  isKeywordMap,
  type KeywordMap,
  keywordPlaces,
  NAMING,
  type SchemaDocument,
  type SchemaNode,
  stepPointer,
} from "../document/index.js";
import { STEP } from "./judgedSteps.js";

/** Names of places: once every reference is a pointer, nothing needs them, and Ajv refuses some that others take. */
const NAMES: ReadonlySet<string> = new Set([
  "$id",
  "$anchor",
  "$dynamicAnchor",
  "$schema",
  "$vocabulary",
  "$recursiveAnchor",
]);

/** Ajv takes the schema for one of a draft that it was not given. */
const SCHEMA_OF_ROOT = "#/$schema";

/** Whether only Ajv's own way through references will do: some schema asks what others have evaluated, or a reference means
 *  another place with each way that leads to it. */
export function isJudgedAsWhole(document: SchemaDocument): boolean {
  const { schema } = document.root;
  return isDynamic(schema) || (document.hasUnevaluated && asksForUnevaluated(schema));
}

export function asksForUnevaluated(schema: unknown): boolean {
  return keywordPlaces(schema, UNEVALUATED).length > 0;
}

export const UNEVALUATED: ReadonlySet<string> = new Set(["unevaluatedItems", "unevaluatedProperties"]);

/** The document for Ajv, with its references counted: each is a pointer below `key`, and no schema has a name of its own;
 *  where only Ajv's own way through them will do, they stay as they are.
 *  @returns `others`: the other documents that it refers to, by their keys */
export function judgedDocument(
  document: SchemaDocument,
  key: string,
): { readonly root: unknown; readonly others: ReadonlyMap<string, unknown> } {
  const { schema } = document.root;
  const staysNamed = isDynamic(schema);
  const others = new Map<string, unknown>();
  const targetOf = (reference: string, from: SchemaNode): string => {
    const { pointer } = document.resolve(reference, from);
    const cut = pointer.indexOf("#");
    const uri = pointer.slice(0, cut);
    const fragment = pointer
      .slice(cut + 1)
      .split("/")
      .map(encodeURIComponent)
      .join("/");
    if (uri === "") return `${key}#${fragment}`;
    const other = `${key}:${encodeURIComponent(uri)}`;
    if (!others.has(other)) {
      others.set(other, true);
      const start = document.resolve(`${uri}#`, from);
      others.set(other, rewritten(start.schema, start.pointer, false));
    }
    return `${other}#${fragment}`;
  };
  const rewritten = (value: unknown, pointer: string, isNames: boolean): unknown => {
    if (Array.isArray(value)) return value.map((part, index) => rewritten(part, stepPointer(pointer, index), false));
    if (!isKeywordMap(value)) return value;
    const copy: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(value)) {
      const step = stepPointer(pointer, name);
      if (isNames) copy[name] = rewritten(child, step, false);
      else if (staysNamed ? step === SCHEMA_OF_ROOT : NAMES.has(name)) continue;
      else if ((name === "$ref" || name === "$dynamicRef") && typeof child === "string") {
        copy[STEP] = true;
        if (staysNamed) copy[name] = child;
        else copy.$ref = targetOf(child, { schema: value, pointer });
      } else copy[name] = DATA.has(name) ? child : rewritten(child, step, NAMING.has(name));
    }
    return copy;
  };
  return { root: rewritten(schema, document.root.pointer, false), others };
}

/** Whether some reference means another place with each way that leads to it, which only Ajv follows: there is one, and
 *  two places have the same name. */
function isDynamic(schema: unknown): boolean {
  const names = new Set<string>();
  let [hasReference, hasTwice] = [false, false];
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach(walk);
    const { $dynamicRef, $dynamicAnchor } = value as KeywordMap;
    hasReference ||= typeof $dynamicRef === "string";
    if (typeof $dynamicAnchor === "string") {
      hasTwice ||= names.has($dynamicAnchor);
      names.add($dynamicAnchor);
    }
    Object.values(value).forEach(walk);
  };
  walk(schema);
  return hasReference && hasTwice;
}
