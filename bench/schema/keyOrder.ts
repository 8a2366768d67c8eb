import type { RawJson } from "./rawJson.js";

type RawObject = Extract<RawJson, { kind: "object" }>;

/** Applicators of the same value, in the order in which a schema writes them. */
const IN_PLACE = new Set(["$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"]);
const MOST_SCHEMAS = 2_000;
/** How far down a branch is looked at. */
const MOST_DEPTH = 6;
const TRUE: RawJson = { kind: "word", text: "true" };
const FALSE: RawJson = { kind: "word", text: "false" };

/** The instance with the keys of each object in schema order: first those that `properties` list, in their order, where
 *  several schemas apply (through $ref, allOf, anyOf, oneOf, if/then/else) in the order in which those are written; then
 *  the others in their own order. That is the order in which a grammar lets a model write them, and MaskBench's instances
 *  are in it wherever llguidance could sort them (maskbench/creation/reorder.py); what it could not compile came as its
 *  author wrote it. Of anyOf, oneOf, then and else those branches count that at first
 *  sight (types, constants, required and forbidden keys) the object can be; of anyOf and oneOf all, where none can. */
export function inSchemaOrder(instance: RawJson, schema: RawJson): RawJson {
  return sorted(instance, [schema], schema);
}

function sorted(value: RawJson, schemas: readonly RawJson[], root: RawJson): RawJson {
  if (value.kind === "array") {
    const applied = appliedTo(value, schemas, root);
    return { kind: "array", places: value.places.map((place, at) => sorted(place, placeSchemas(applied, at), root)) };
  }
  if (value.kind !== "object") return value;
  const applied = appliedTo(value, schemas, root);
  const ranks = new Map<string, number>();
  for (const schema of applied) {
    const listed = schema.members.get("properties");
    if (listed?.kind !== "object") continue;
    for (const key of listed.members.keys()) if (!ranks.has(key)) ranks.set(key, ranks.size);
  }
  const rank = ([key]: readonly [string, RawJson]) => ranks.get(key) ?? ranks.size;
  const members = [...value.members].sort((a, b) => rank(a) - rank(b));
  return {
    kind: "object",
    members: new Map(members.map(([key, member]) => [key, sorted(member, memberSchemas(applied, key), root)])),
  };
}

/** Every object schema that says something of the value itself, in the order in which they are written. */
function appliedTo(value: RawJson, schemas: readonly RawJson[], root: RawJson): readonly RawObject[] {
  const found = new Set<RawObject>();
  const visit = (schema: RawJson): void => {
    if (schema.kind !== "object" || found.has(schema) || found.size > MOST_SCHEMAS) return;
    // where the schema's own properties stand among its applicators is where they are written
    const own: RawObject = schema;
    for (const constant of constantsOf(own)) if (isSameWord(constant, value)) found.add(schemaOfConstant(constant));
    let isAdded = !own.members.has("properties");
    if (isAdded) found.add(own);
    for (const [keyword, content] of own.members) {
      if (keyword === "properties" && !isAdded) {
        found.add(own);
        isAdded = true;
      }
      if (!IN_PLACE.has(keyword)) continue;
      if (keyword === "$ref") {
        const target = content.kind === "string" ? follow(root, content.value) : null;
        if (target !== null && target !== own) visit(target);
      } else if (keyword === "dependentSchemas") {
        if (content.kind === "object") for (const part of content.members.values()) visit(part);
      } else if (keyword === "if") {
        if (mayApply(value, content, root, 0)) visit(content);
      } else if (keyword === "then" || keyword === "else") {
        if (mayApply(value, own.members.get("if") ?? FALSE, root, 0) === (keyword === "then")) visit(content);
      } else if (content.kind !== "array") visit(content);
      else if (keyword === "allOf") for (const part of content.places) visit(part);
      else for (const part of likelyBranches(value, content.places, root)) visit(part);
    }
  };
  for (const schema of schemas) visit(schema);
  return [...found];
}

function constantsOf({ members }: RawObject): readonly RawJson[] {
  const constant = members.get("const");
  const choices = members.get("enum");
  return [...(constant === undefined ? [] : [constant]), ...(choices?.kind === "array" ? choices.places : [])];
}

/** A schema that lists what a constant object or array has. */
function schemaOfConstant(constant: RawJson): RawObject {
  const list = (keyword: string, content: RawJson): RawObject => ({
    kind: "object",
    members: new Map([[keyword, content]]),
  });
  const only = (value: RawJson) => list("const", value);
  if (constant.kind === "array") return list("prefixItems", { kind: "array", places: constant.places.map(only) });
  const members = constant.kind === "object" ? [...constant.members] : [];
  return list("properties", { kind: "object", members: new Map(members.map(([key, one]) => [key, only(one)])) });
}

function likelyBranches(value: RawJson, branches: readonly RawJson[], root: RawJson): readonly RawJson[] {
  const likely = branches.filter((branch) => mayApply(value, branch, root, 0));
  return likely.length === 0 ? branches : likely;
}

/** Whether the value has the type, the required keys and the constants that a branch asks for at first sight. */
function mayApply(value: RawJson, schema: RawJson, root: RawJson, depth: number): boolean {
  if (schema.kind !== "object" || depth > MOST_DEPTH) return !isSameWord(schema, FALSE);
  const { members } = schema;
  const reference = members.get("$ref");
  if (reference?.kind === "string") {
    const target = follow(root, reference.value);
    if (target !== null && !mayApply(value, target, root, depth + 1)) return false;
  }
  const all = members.get("allOf");
  if (all?.kind === "array" && !all.places.every((part) => mayApply(value, part, root, depth + 1))) return false;
  for (const keyword of ["anyOf", "oneOf"]) {
    const some = members.get(keyword);
    if (some?.kind === "array" && !some.places.some((part) => mayApply(value, part, root, depth + 1))) return false;
  }
  const type = members.get("type");
  if (type?.kind === "string" && !hasType(value, type.value)) return false;
  const pattern = members.get("pattern");
  if (value.kind === "string" && pattern?.kind === "string" && !matches(pattern.value, value.value)) return false;
  const constant = members.get("const");
  if (constant !== undefined && !isSameWord(constant, value)) return false;
  const choices = members.get("enum");
  if (choices?.kind === "array" && !choices.places.some((one) => isSameWord(one, value))) return false;
  if (value.kind !== "object") return true;
  const required = members.get("required");
  if (
    required?.kind === "array" &&
    !required.places.every((key) => key.kind !== "string" || value.members.has(key.value))
  )
    return false;
  const properties = members.get("properties");
  const listed = properties?.kind === "object" ? properties.members : new Map<string, RawJson>();
  const patterns = members.get("patternProperties");
  const isShut = isSameWord(members.get("additionalProperties") ?? TRUE, FALSE) && patterns?.kind !== "object";
  return [...value.members].every(([key, member]) => {
    const said = listed.get(key);
    return said === undefined ? !isShut : mayApply(member, said, root, depth + 1);
  });
}

function hasType(value: RawJson, type: string): boolean {
  if (value.kind !== "word") return value.kind === type;
  if (value.text === "null") return type === "null";
  if (value.text === "true" || value.text === "false") return type === "boolean";
  return type === "number" || type === "integer";
}

/** Equal, as far as strings, words and an object's keys go; other values may be. */
function isSameWord(a: RawJson, b: RawJson): boolean {
  if (a.kind === "string" || b.kind === "string")
    return a.kind === b.kind && a.kind === "string" && b.kind === "string" && a.value === b.value;
  if (a.kind === "word" && b.kind === "word") return a.text === b.text || Number(a.text) === Number(b.text);
  if (a.kind === "object" && b.kind === "object")
    return a.members.size === b.members.size && [...a.members.keys()].every((key) => b.members.has(key));
  return a.kind === b.kind;
}

/** Schemas of a member: those under its own name first, then those of patterns, or of keys that nothing names. */
function memberSchemas(applied: readonly RawObject[], key: string): readonly RawJson[] {
  const named: RawJson[] = [];
  const others: RawJson[] = [];
  for (const { members } of applied) {
    const listed = members.get("properties");
    const own = listed?.kind === "object" ? listed.members.get(key) : undefined;
    const patterns = members.get("patternProperties");
    const matching = patterns?.kind === "object" ? [...patterns.members].filter(([at]) => matches(at, key)) : [];
    const other = members.get("additionalProperties");
    if (own !== undefined) named.push(own);
    others.push(...matching.map(([, schema]) => schema));
    if (own === undefined && matching.length === 0 && other !== undefined) others.push(other);
  }
  return [...named, ...others];
}

function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, "u").test(key);
  } catch {
    return false;
  }
}

function placeSchemas(applied: readonly RawObject[], at: number): readonly RawJson[] {
  return applied.flatMap(({ members }) => {
    const items = members.get("items");
    const prefix = members.get("prefixItems") ?? (items?.kind === "array" ? items : undefined);
    const place = prefix?.kind === "array" ? prefix.places[at] : undefined;
    if (place !== undefined) return [place];
    const others = items?.kind === "array" ? members.get("additionalItems") : items;
    return others === undefined ? [] : [others];
  });
}

/** What a local reference points to: "#", "#/a/b", or a name that stands in some $anchor, $id or id. */
function follow(root: RawJson, reference: string): RawJson | null {
  const hash = reference.indexOf("#");
  if (hash < 0) return null;
  let fragment: string;
  try {
    fragment = decodeURIComponent(reference.slice(hash + 1));
  } catch {
    return null;
  }
  if (fragment === "") return root;
  if (!fragment.startsWith("/")) return findAnchor(root, fragment);
  let at: RawJson | undefined = root;
  for (const step of fragment.slice(1).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    at = at?.kind === "object" ? at.members.get(key) : at?.kind === "array" ? at.places[Number(key)] : undefined;
  }
  return at ?? null;
}

function findAnchor(value: RawJson, name: string): RawJson | null {
  if (value.kind === "word" || value.kind === "string") return null;
  if (value.kind === "object") {
    const anchor = value.members.get("$anchor");
    const id = value.members.get("$id") ?? value.members.get("id");
    if (anchor?.kind === "string" && anchor.value === name) return value;
    if (id?.kind === "string" && id.value === `#${name}`) return value;
  }
  const below = value.kind === "object" ? value.members.values() : value.places;
  for (const child of below) {
    const found = findAnchor(child, name);
    if (found !== null) return found;
  }
  return null;
}
