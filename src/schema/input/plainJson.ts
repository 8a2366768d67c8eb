import { InputError, messageOf } from "../../errors.js";
import { copyExact, exactNumber, LongNumeral, parseExact } from "../../exactNumbers.js";
import { isIntegerOnly, isKeywordMap, type KeywordMap, stepPointer } from "../document/index.js";
import { foreignSchema, isForeign, isPlainObject } from "./foreignSchema.js";

/** Deepest nesting of a schema document, counted in objects and lists: about a hundred objects within each other. What
 *  reads a schema recurses, so that thousands of levels would end the process. */
const DEEPEST = 200;

/** A schema as plain JSON of its own; a number that a double does not carry is a bigint.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA for what is no object and no boolean, or another library's schema, contains
 *    itself, is nested deeper than 200 levels, has a part that JSON can't carry or a number that is not sure to be what was
 *    written, or names something `__proto__` or with half a surrogate pair */
export function asPlainJson(schema: unknown): KeywordMap | boolean {
  if (typeof schema === "boolean") return schema;
  if (typeof schema === "function" && isForeign(schema)) throw foreignSchema(schema);
  if (!isKeywordMap(schema)) {
    const kind = schema === null ? "null" : Array.isArray(schema) ? "a list" : `a ${typeof schema}`;
    throw invalid(`is ${kind}: give a JSON Schema object or a zod 4 schema`);
  }
  if (isForeign(schema)) throw foreignSchema(schema);
  const seen: Seen = { nodesLeft: MOST_NODES, isOfDoubles: true };
  checkNesting(schema, "#", 1, seen);
  let plain: unknown;
  try {
    plain = seen.isOfDoubles ? parseExact(JSON.stringify(schema)) : copyExact(schema);
  } catch (error) {
    throw invalid(`can't be written as JSON: ${messageOf(error)}`, error);
  }
  if (!isKeywordMap(plain)) throw invalid("is written as no JSON object: give a JSON Schema object or a zod 4 schema");
  return plain;
}

/** Most objects and lists of a schema, each counted as often as it is met. */
const MOST_NODES = 150_000;

interface Seen {
  nodesLeft: number;
  /** Nothing in it is written in a way of its own, as bigints are: JSON.stringify, which is several times as fast, will do. */
  isOfDoubles: boolean;
}

function checkNesting(value: object, pointer: string, depth: number, seen: Seen): void {
  seen.nodesLeft--;
  if (seen.nodesLeft < 0) throw invalid(`has more than ${MOST_NODES} objects and lists`);
  if (depth > DEEPEST) {
    throw invalid(`is nested deeper than ${DEEPEST} levels, or contains itself: name its inner parts in $defs`);
  }
  if (!isPlainObject(value)) throw pointer === "#" ? foreignSchema(value) : foreignPart(value, pointer);
  if ("toJSON" in value) seen.isOfDoubles = false;
  for (const key of Object.keys(value)) {
    const child: unknown = (value as Readonly<Record<string, unknown>>)[key];
    // Ajv looks properties up by plain access, where this name means something else
    if (key === "__proto__" || (child === "__proto__" && pointer.endsWith("/required"))) {
      throw invalid(`names a property "__proto__" at ${pointer}, which can't be checked: choose another name`);
    }
    // half a surrogate pair: no UTF-8 text can name it, and Ajv can't point to it
    if (/\p{Surrogate}/u.test(key)) {
      throw invalid(`names ${JSON.stringify(key)} at ${pointer}, which is no Unicode text: choose another name`);
    }
    if (child instanceof LongNumeral)
      throw invalid(
        `has ${child.text} at ${stepPointer(pointer, key)}, more than a number of JavaScript holds: shorten it`,
      );
    if (typeof child === "bigint") seen.isOfDoubles = false;
    if (typeof child === "number") checkIsSure(child, key, value, pointer);
    if (typeof child === "object" && child !== null) checkNesting(child, stepPointer(pointer, key), depth + 1, seen);
  }
}

function foreignPart(value: object, pointer: string): InputError {
  const error = foreignSchema(value);
  return new InputError(error.code, error.message.replace("The output schema is", `The output schema's ${pointer} is`));
}

const BOUNDS: ReadonlySet<string> = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
]);
/** A double beyond is nobody's integer. */
const LARGEST_INTEGER = 1e21;

/** An integer beyond 2^53 that came as a double is another one than its source may have said: 2^63 - 1 is 2^63 then. */
function checkIsSure(value: number, key: string, owner: object, pointer: string): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= LARGEST_INTEGER) return;
  const isInteger = BOUNDS.has(key) ? isIntegerOnly(owner as KeywordMap) : key === "const" || pointer.endsWith("/enum");
  if (!isInteger || typeof exactNumber(String(value)) === "number") return;
  throw invalid(
    `has ${BigInt(value)} at ${stepPointer(pointer, key)}, an integer beyond 2^53 that JavaScript may have rounded: give it as a bigint (${BigInt(value)}n), or the schema as a file to the command line`,
  );
}

function invalid(what: string, cause?: unknown): InputError {
  return new InputError("ROWMILL_INVALID_SCHEMA", `The output schema ${what}.`, cause === undefined ? {} : { cause });
}
