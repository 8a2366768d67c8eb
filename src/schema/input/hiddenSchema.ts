import { InputError } from "../../errors.js";
import { isKeywordMap, type KeywordMap, kindOf, SCHEMA_TYPES, stepPointer } from "../document/index.js";

/** Keywords that name places and constrain nothing; what looks like a schema below them is one that nobody refers to. */
const PLACES: ReadonlySet<string> = new Set(["$id", "$anchor", "$defs", "definitions"]);
/** Keywords whose values may look like schemas, and beside which all values may be meant. */
const NO_WRAPPED: ReadonlySet<string> = new Set(["default", "examples", "example", "contentSchema"]);
/** An OpenAPI document has its schemas at #/components/schemas/NAME. */
const DEEPEST = 4;

/** How the keys are called in which APIs and their documents take schemas. */
const WRAPPING = /schema|param|argument|format|function|tool|component|response|output|config/i;

/** Where a schema stands in a document that constrains nothing by itself; null where there is none. What is plainly the
 *  wrapper of an API is refused.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA with the schema's place */
export function hiddenSchema(document: KeywordMap | boolean): string | null {
  if (typeof document === "boolean" || saysSomething(document)) return null;
  const place = placeOfSchema(document);
  if (place === null || !WRAPPING.test(place)) return place;
  throw new InputError(
    "ROWMILL_INVALID_SCHEMA",
    `The output schema constrains nothing by itself, but a schema stands in it at ${place}: give that one alone.`,
  );
}

function saysSomething(schema: KeywordMap): boolean {
  return Object.keys(schema).some((keyword) => {
    if (keyword === "type") return typesOf(schema).every((type) => SCHEMA_TYPES.includes(type));
    return keyword === "const" || (kindOf(keyword) !== undefined && !PLACES.has(keyword));
  });
}

/** The nearest first. */
function placeOfSchema(document: KeywordMap): string | null {
  let level: [pointer: string, value: KeywordMap][] = [["#", document]];
  for (let depth = 0; depth < DEEPEST; depth++) {
    level = level.flatMap(([pointer, value]) =>
      Object.entries(value).flatMap(([key, inner]): [string, KeywordMap][] =>
        isKeywordMap(inner) && !PLACES.has(key) && !NO_WRAPPED.has(key) ? [[stepPointer(pointer, key), inner]] : [],
      ),
    );
    const found = level.find(([, value]) => isLikeSchema(value));
    if (found !== undefined) return found[0];
  }
  return null;
}

function isLikeSchema(value: KeywordMap): boolean {
  const types = typesOf(value);
  if (types.length > 0) return types.every((type) => SCHEMA_TYPES.includes(type));
  const isList = ["anyOf", "oneOf", "allOf", "enum"].some((keyword) => Array.isArray(value[keyword]));
  return isList || isKeywordMap(value.properties) || typeof value.$ref === "string";
}

function typesOf({ type }: KeywordMap): readonly unknown[] {
  return type === undefined ? [] : [type].flat();
}
