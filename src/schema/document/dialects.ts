import { createRequire } from "node:module";
import { DATA, NAMING } from "./schemaIndex.js";
import { isKeywordMap, type KeywordMap } from "./schemaNode.js";

/** What may stand beside a `$ref` of the dialects that let it stand alone: it says nothing, or only names things. */
const BESIDE_REFERENCE: ReadonlySet<string> = new Set([
  "$ref",
  "$defs",
  "definitions",
  "title",
  "description",
  "$comment",
]);
/** Known to some validators only: `nullable` is OpenAPI's. */
const FOREIGN: ReadonlySet<string> = new Set(["nullable", "$async"]);

interface Dialect {
  /** Draft-03 and 04: `id`, and exclusive bounds that are true or false. */
  readonly hasId: boolean;
  /** Up to draft-07: a `$ref` stands alone. */
  readonly isReferenceAlone: boolean;
}

function dialectOf(schema: KeywordMap): Dialect {
  const named = typeof schema.$schema === "string" ? schema.$schema : "";
  const hasId = /draft-0[34]/.test(named);
  return { hasId, isReferenceAlone: hasId || /draft-0[67]/.test(named) };
}

/** Rewrites what dialects say in different ways to the one that the rest understands: draft-04's `id` and boolean exclusive
 *  bounds, ids that are an anchor, what stands beside a `$ref` where the dialect ignores it, `required` that is no list.
 *  2019-09's `$recursiveRef` means the whole document, as it does but where documents extend each other. Tuples stay as they are written: `items` may be a list, and `prefixItems` beside it. Parts that need no change are shared.
 *  A schema that names no dialect is read in the way of 2020-12. */
export function inOneDialect(schema: boolean | KeywordMap): boolean | KeywordMap {
  return isKeywordMap(schema) ? (rewritten(schema, dialectOf(schema), false) as KeywordMap) : schema;
}

function rewritten(value: unknown, dialect: Dialect, isNames: boolean): unknown {
  if (Array.isArray(value)) {
    if (!value.some((part) => typeof part === "object")) return value;
    const parts = value.map((part) => rewritten(part, dialect, false));
    return parts.some((part, index) => part !== value[index]) ? parts : value;
  }
  if (!isKeywordMap(value)) return value;
  const own = isNames ? value : keywordsIn(value, dialect);
  let changed: Record<string, unknown> | null = null;
  for (const key of Object.keys(own)) {
    const child = own[key];
    if (typeof child !== "object" || child === null || (!isNames && DATA.has(key))) continue;
    const part = rewritten(child, dialect, !isNames && NAMING.has(key));
    if (part === child) continue;
    changed ??= { ...own };
    changed[key] = part;
  }
  return changed ?? own;
}

function keywordsIn(schema: KeywordMap, dialect: Dialect): KeywordMap {
  let changed: Record<string, unknown> | null = null;
  const set = (keyword: string, value: unknown) => {
    changed ??= { ...schema };
    if (value === undefined) delete changed[keyword];
    else changed[keyword] = value;
  };
  if (dialect.isReferenceAlone && typeof schema.$ref === "string") {
    for (const keyword of Object.keys(schema)) if (!BESIDE_REFERENCE.has(keyword)) set(keyword, undefined);
    return changed ?? schema;
  }
  for (const keyword of FOREIGN) if (Object.hasOwn(schema, keyword)) set(keyword, undefined);
  for (const [exclusive, inclusive] of BOUNDS) {
    if (typeof schema[exclusive] !== "boolean") continue;
    const bound = schema[inclusive];
    const isStrict = schema[exclusive] === true && (typeof bound === "number" || typeof bound === "bigint");
    set(exclusive, isStrict ? bound : undefined);
    if (isStrict) set(inclusive, undefined);
  }
  if (schema.$recursiveRef === "#" && schema.$ref === undefined) {
    set("$recursiveRef", undefined);
    set("$ref", "#");
  }
  if (typeof schema.required === "boolean") set("required", undefined);
  if (Object.hasOwn(schema, "id")) {
    if (dialect.hasId && typeof schema.id === "string" && schema.$id === undefined) {
      if (schema.id.startsWith("#")) set("$anchor", schema.id.slice(1));
      else set("$id", schema.id);
    }
    set("id", undefined);
  }
  if (typeof schema.$id === "string" && schema.$id.startsWith("#")) {
    if (schema.$id.length > 1) set("$anchor", schema.$id.slice(1));
    set("$id", undefined);
  }
  return changed ?? schema;
}

const BOUNDS = [
  ["exclusiveMinimum", "minimum"],
  ["exclusiveMaximum", "maximum"],
] as const;

const FILES: Readonly<Record<string, string>> = {
  "http://json-schema.org/schema": "json-schema-draft-07.json",
  "http://json-schema.org/draft-07/schema": "json-schema-draft-07.json",
  "http://json-schema.org/draft-06/schema": "json-schema-draft-06.json",
  "http://json-schema.org/draft-04/schema": "json-schema-draft-06.json",
  "https://json-schema.org/draft/2019-09/schema": "json-schema-2019-09/schema.json",
  "https://json-schema.org/draft/2020-12/schema": "json-schema-2020-12/schema.json",
};
const PART = /^https:\/\/json-schema\.org\/draft\/(20\d\d-\d\d)\/meta\/([a-z-]+)$/;
const require = createRequire(import.meta.url);
const metaSchemas = new Map<string, KeywordMap>();

/** The meta-schema of a dialect, or a part of one, that is known by its URI; null for any other URI. */
export function metaSchemaOf(uri: string): KeywordMap | null {
  const plain = uri.replace(/#$/, "").replace(/^https(?=:\/\/json-schema\.org\/(?:draft-0|schema))/, "http");
  const part = PART.exec(plain);
  const file = Object.hasOwn(FILES, plain) ? FILES[plain] : part && `json-schema-${part[1]}/meta/${part[2]}.json`;
  if (typeof file !== "string") return null;
  let schema = metaSchemas.get(plain);
  if (schema === undefined) {
    schema = bundled(file, plain);
    if (schema === undefined) return null;
    metaSchemas.set(plain, schema);
  }
  return schema;
}

function bundled(file: string, uri: string): KeywordMap | undefined {
  let schema: KeywordMap;
  try {
    schema = require(`ajv/dist/refs/${file}`) as KeywordMap;
  } catch {
    return undefined;
  }
  const year = /draft\/(20\d\d-\d\d)/.exec(uri)?.[1];
  if (year !== undefined) {
    // a part of the meta-schema refers to the whole of it by where it was come from
    const whole = { $ref: `https://json-schema.org/draft/${year}/schema` };
    schema = JSON.parse(JSON.stringify(schema), (_, value: unknown) =>
      isDynamicReference(value) ? whole : value,
    ) as KeywordMap;
  }
  if (!uri.includes("draft-04")) return inOneDialect(schema) as KeywordMap;
  // Ajv brings none of draft-04: 06 differs where bounds are exclusive, and in what it adds
  const boolean = { type: "boolean" };
  const properties = { ...(schema.properties as KeywordMap), exclusiveMinimum: boolean, exclusiveMaximum: boolean };
  return inOneDialect({ ...schema, $id: uri, properties }) as KeywordMap;
}

function isDynamicReference(value: unknown): boolean {
  return isKeywordMap(value) && (value.$dynamicRef === "#meta" || value.$recursiveRef === "#");
}
