import { InputError } from "../../errors.js";
import { isStandardFormat, type NumberLiteral, type Numeric, type StringFacet } from "../../language/index.js";
import { nearestName } from "../../nearestName.js";
import {
  childOf,
  isIntegerOnly,
  type JsonType,
  type KeywordMap,
  type SchemaDocument,
  type SchemaNode,
  typeOfValue,
} from "../document/index.js";
import { arrayCondition } from "./arrayKeywords.js";
import type { Alternative, Atom } from "./atoms.js";
import { beyondGrammar, type Condition, held, MOST_COMBINED } from "./condition.js";
import { objectCondition } from "./objectKeywords.js";

export type { Condition } from "./condition.js";

/** What reading a schema needs and what it notes. */
export interface KeywordContext {
  readonly document: SchemaDocument;
  /** Objects and arrays are meant where a schema speaks of them and names no type, and unknown keywords are slips of the pen. */
  readonly isIntended: boolean;
  readonly enforced: Set<string>;
  readonly ignored: Set<string>;
}

/** Keywords that mean something together only, each with its group. */
export const GROUPS: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ["properties", "patternProperties", "additionalProperties"],
    ["items", "prefixItems", "additionalItems"],
  ].flatMap((group) => group.map((keyword) => [keyword, group] as const)),
);

const BY_TYPE: Readonly<Record<string, JsonType>> = {
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  items: "array",
  prefixItems: "array",
  additionalItems: "array",
  minItems: "array",
  maxItems: "array",
  contains: "array",
  uniqueItems: "array",
  unevaluatedItems: "array",
  properties: "object",
  patternProperties: "object",
  additionalProperties: "object",
  required: "object",
  propertyNames: "object",
  minProperties: "object",
  maxProperties: "object",
  dependentRequired: "object",
  dependentSchemas: "object",
  dependencies: "object",
  unevaluatedProperties: "object",
};

/** Words about a schema that no value can violate, and such as are read with another keyword. */
const ANNOTATIONS = new Set([
  "$schema",
  "$id",
  "$anchor",
  "$dynamicAnchor",
  "$recursiveAnchor",
  "$vocabulary",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "then",
  "else",
  "minContains",
  "maxContains",
  "id",
]);

/** What a keyword demands of values of a type; null when nothing.
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD for a keyword that nobody knows, unless such are annotations */
export function readKeyword(
  keyword: string,
  node: SchemaNode,
  type: JsonType,
  context: KeywordContext,
): Condition | null {
  const spokenOf = Object.hasOwn(BY_TYPE, keyword) ? BY_TYPE[keyword] : undefined;
  if (spokenOf !== undefined && spokenOf !== type) return null;
  if (spokenOf === undefined && isAnnotation(keyword, node, context)) return null;
  const condition =
    spokenOf === undefined ? generalCondition(keyword, node, type, context) : typed(keyword, node, type);
  if (keyword === "format" && condition === null) {
    context.ignored.add(annotation("format", String((node.schema as KeywordMap).format)));
  } else if (condition !== null || keyword === "type") context.enforced.add(keyword);
  return condition;
}

function isAnnotation(keyword: string, node: SchemaNode, context: KeywordContext): boolean {
  if (GENERAL.has(keyword)) return false;
  if (ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) return true;
  const meant = context.isIntended ? slipOfThePen(keyword) : null;
  if (meant !== null) {
    throw new InputError(
      "ROWMILL_UNSUPPORTED_KEYWORD",
      `The output schema's "${keyword}" at ${node.pointer} is no keyword: write "${meant}" if that is meant, or leave it out.`,
    );
  }
  context.ignored.add(annotation("keyword", keyword));
  return true;
}

/** The keyword that an unknown one is all but the same as; null where it is a word of its own, and says nothing. */
function slipOfThePen(keyword: string): string | null {
  const lower = keyword.toLowerCase();
  if (
    lower.length < SHORTEST_SLIP ||
    !/^[a-z]+$/.test(lower) ||
    [...ANNOTATIONS].some((known) => known.toLowerCase() === lower)
  )
    return null;
  const known = [...Object.keys(BY_TYPE), ...GENERAL].filter((one) => one.length >= SHORTEST_SLIP);
  return nearestName(lower, known, lower.length < 8 ? 1 : 2) ?? null;
}

/** Shorter words are too near to each other. */
const SHORTEST_SLIP = 5;

/** What is said of a format or keyword that no standard defines. */
export function annotation(kind: "format" | "keyword", name: string): string {
  return `${kind} "${name}" is an annotation and is not enforced`;
}

/** Marks of what a schema means by saying nothing of types. */
export function marksOf(schema: KeywordMap, context: KeywordContext): Alternative {
  if (!context.isIntended) return [];
  if (schema.type !== undefined) return [TYPED];
  if (schema.properties !== undefined) return [MEANS_OBJECT];
  return schema.items !== undefined || schema.prefixItems !== undefined ? [MEANS_ARRAY] : [];
}

const TYPED: Atom = { kind: "typed" };
const MEANS_OBJECT: Atom = { kind: "means", type: "object" };
const MEANS_ARRAY: Atom = { kind: "means", type: "array" };

const GENERAL = new Set([
  "type",
  "enum",
  "const",
  "$ref",
  "$dynamicRef",
  "$recursiveRef",
  "allOf",
  "anyOf",
  "oneOf",
  "not",
  "if",
]);

function generalCondition(
  keyword: string,
  node: SchemaNode,
  type: JsonType,
  context: KeywordContext,
): Condition | null {
  const { document } = context;
  const schema = node.schema as KeywordMap;
  const value = schema[keyword];
  const child = (...steps: (string | number)[]) => schemaCondition(childOf(node, ...steps));
  const parts = () => (value as readonly unknown[]).map((_, index) => childOf(node, keyword, index));
  switch (keyword) {
    case "type":
      return type === "number" && isIntegerOnly(schema) ? number({ kind: "integer", isNegated: false }, node) : null;
    case "enum":
    case "const": {
      const listed = (keyword === "enum" ? (value as readonly unknown[]) : [value]).filter(
        (one) => typeOfValue(one) === type,
      );
      if (listed.length === 0) return { kind: "any", parts: [] };
      return valuesCondition(listed);
    }
    case "$ref":
      return schemaCondition(document.resolve(String(value), node));
    case "$recursiveRef":
    case "$dynamicRef":
      if (document.isDynamic) return beyondGrammar(keyword, node);
      return schemaCondition(document.resolve(String(value), node));
    case "allOf":
      return { kind: "all", parts: parts().map(schemaCondition) };
    case "anyOf":
      if (isLongList(parts())) return listedOptions(parts(), type, false, context);
      return { kind: "any", parts: document.hasUnevaluated ? someOf(parts()) : parts().map(schemaCondition) };
    case "oneOf":
      if (isLongList(parts())) return listedOptions(parts(), type, true, context);
      return { kind: "one", parts: parts() };
    case "not":
      return { kind: "opposite", of: child("not") };
    case "if":
      return ifCondition(schema, child);
    default:
      return null;
  }
}

/** Fewer options are told apart one by one. */
const SHORTEST_LIST = 20;
const SAYS_A_VALUE = new Set(["const", "enum", "title", "description", "$comment", "deprecated"]);

/** Whether the options are values and no more, and many. */
function isLongList(parts: readonly SchemaNode[]): boolean {
  return (
    parts.length >= SHORTEST_LIST &&
    parts.every(
      ({ schema }) =>
        typeof schema === "object" &&
        (schema.const === undefined) !== (schema.enum === undefined) &&
        Object.keys(schema).every((keyword) => SAYS_A_VALUE.has(keyword)),
    )
  );
}

/** The values of a type that the options list; with `isExclusive` those that one option alone lists. Objects and arrays
 *  that are equal stand there twice. */
function listedOptions(
  parts: readonly SchemaNode[],
  type: JsonType,
  isExclusive: boolean,
  { enforced }: KeywordContext,
): Condition {
  const counts = new Map<unknown, number>();
  for (const { schema } of parts) {
    const { const: value, enum: values } = schema as KeywordMap;
    const own = values === undefined ? [value] : (values as readonly unknown[]);
    enforced.add(values === undefined ? "const" : "enum");
    for (const one of new Set(own.filter((each) => typeOfValue(each) === type))) {
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
  }
  const listed = [...counts].flatMap(([value, count]) => (isExclusive && count > 1 ? [] : [value]));
  return listed.length === 0 ? { kind: "any", parts: [] } : valuesCondition(listed);
}

function valuesCondition(values: readonly unknown[]): Condition {
  return held([{ kind: "values", values, isNegated: false }], [[{ kind: "values", values, isNegated: true }]]);
}

/** Every choice of options that may hold at once: what each of them names counts as evaluated. */
function someOf(parts: readonly SchemaNode[]): readonly Condition[] {
  if (parts.length > MOST_COMBINED) return parts.map(schemaCondition);
  return Array.from({ length: 2 ** parts.length - 1 }, (_, index): Condition => {
    const chosen = parts.filter((_part, place) => ((index + 1) >> place) & 1);
    return { kind: "all", parts: chosen.map(schemaCondition) };
  });
}

function ifCondition(schema: KeywordMap, child: (keyword: string) => Condition): Condition | null {
  const anything: Condition = { kind: "all", parts: [] };
  if (schema.then === undefined && schema.else === undefined) return null;
  const then = schema.then === undefined ? anything : child("then");
  const otherwise = schema.else === undefined ? anything : child("else");
  const holds = child("if");
  return {
    kind: "any",
    parts: [
      { kind: "all", parts: [holds, then] },
      { kind: "all", parts: [{ kind: "opposite", of: holds }, otherwise] },
    ],
  };
}

/** What each of `if`, `then` and `else` demands at its own place, so that properties come in the order of the document: to
 *  take one side, and what that side says. The three together demand what `if` means.
 *  @returns null for any other keyword, and where the three say nothing */
export function sideCondition(keyword: string, node: SchemaNode, { document }: KeywordContext): Condition | null {
  const schema = node.schema as KeywordMap;
  const saysMore = schema.then !== undefined || schema.else !== undefined;
  // also an `if` alone says what is evaluated
  if (schema.if === undefined || !(saysMore || document.hasUnevaluated)) return null;
  const side = (isThen: boolean, ...parts: Condition[]): Condition => ({
    kind: "all",
    parts: [held([{ kind: "side", node, isThen }], []), ...parts],
  });
  const child = (name: string) => schemaCondition(childOf(node, name));
  if (keyword === "if") {
    return { kind: "any", parts: [side(true, child("if")), side(false, { kind: "opposite", of: child("if") })] };
  }
  if (keyword === "then") return { kind: "any", parts: [side(true, child("then")), side(false)] };
  return keyword === "else" ? { kind: "any", parts: [side(true), side(false, child("else"))] } : null;
}

function schemaCondition(node: SchemaNode): Condition {
  return { kind: "schema", literal: { node, isNegated: false } };
}

function typed(keyword: string, node: SchemaNode, type: JsonType): Condition | null {
  if (type === "array") return arrayCondition(keyword, node);
  if (type === "object") return objectCondition(keyword, node);
  const value = (node.schema as KeywordMap)[keyword];
  if (type === "number") {
    return number({ kind: keyword as NumberLiteral["kind"], value: value as Numeric, isNegated: false }, node);
  }
  const facet = stringFacet(keyword, value);
  if (facet === null) return null;
  const place = `${keyword} at ${node.pointer}`;
  const atom = (isNegated: boolean): Atom => ({ kind: "string", literal: { facet, isNegated }, place });
  return held([atom(false)], [[atom(true)]]);
}

function number(literal: NumberLiteral, node: SchemaNode): Condition {
  const place = `${literal.kind} at ${node.pointer}`;
  return held(
    [{ kind: "number", literal, place }],
    [[{ kind: "number", literal: { ...literal, isNegated: !literal.isNegated }, place }]],
  );
}

function stringFacet(keyword: string, value: unknown): StringFacet | null {
  switch (keyword) {
    case "minLength":
      return Number(value) === 0 ? null : { kind: "length", min: Number(value), max: Number.POSITIVE_INFINITY };
    case "maxLength":
      return { kind: "length", min: 0, max: Number(value) };
    case "pattern":
      return { kind: "pattern", source: String(value) };
    default:
      return isStandardFormat(String(value)) ? { kind: "format", name: String(value) } : null;
  }
}
