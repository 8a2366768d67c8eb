import { createRequire } from "node:module";
import { type AnySchema, type CodeKeywordDefinition, type ErrorObject, type Options, str } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsPlugin, { type FormatName } from "ajv-formats";
import { InputError, messageOf } from "../../errors.js";
import { hasLongNumeral, stringifyExact } from "../../exactNumbers.js";
import { cutMiddle, messageLine } from "../../foreignText.js";
import { compareDecimals, type Decimal, isMultiple, isStringIn, regularExpression } from "../../language/index.js";
import { assertWellFormed, keywordPlaces, type SchemaDocument, type SchemaNode } from "../document/index.js";
import { asksForUnevaluated, isJudgedAsWhole, judgedDocument, UNEVALUATED } from "./judgedDocument.js";
import { EndlessReference, JudgedParts } from "./judgedParts.js";
import { countSteps, MOST_STEPS, TooManySteps } from "./judgedSteps.js";
import { StandIns } from "./standIns.js";

/** The formats that Ajv's own package knows. */
const AJV_FORMATS: readonly FormatName[] = [
  "date",
  "time",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uri-reference",
  "uri-template",
  "uuid",
  "regex",
  "json-pointer",
  "relative-json-pointer",
];
/** Those that it does not know are judged by the automata that the grammar has. */
const OWN_FORMATS = ["idn-email", "idn-hostname", "iri", "iri-reference"] as const;

const OPTIONS: Options = {
  strict: false,
  logger: false,
  allErrors: false,
  validateFormats: true,
  meta: false,
  validateSchema: false,
  // a property named "constructor" is one only where the value has it
  ownProperties: true,
  code: { regExp: Object.assign((source: string) => regularExpression(source), { code: "regularExpression" }) },
};
const SCHEMA_KEY = "urn:rowmill:schema";

/** The judge of a schema: Ajv, for all drafts at once. */
export interface Judge {
  /** null when valid, else what is wrong and where, in one line. Numbers are doubles, or bigints. */
  validate(value: unknown): string | null;
  /** The same of a JSON text, whose numbers are taken as they are written.
   *  @throws {SyntaxError} when it is none */
  validateText(text: string): string | null;
  /** Whether a value is valid against a sub-schema. */
  isValidAt(node: SchemaNode, value: unknown): boolean;
}

/** Checks that the document is a schema. Ajv compiles it, or the parts that are met, only when values are judged, since
 *  that costs more than all the rest.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA */
export function judgeOf(document: SchemaDocument): Judge {
  assertWellFormed(document);
  let plain: CompiledJudge | null = null;
  let exact: { readonly compiled: CompiledJudge; readonly standIns: StandIns } | null = null;
  const isExact = hasBigint(document.root.schema);
  const problemOf = (node: SchemaNode, value: unknown): string | null => {
    plain ??= compileDocument(document, null);
    return judged(plain, node, value);
  };
  const exactProblemOf = (node: SchemaNode, text: string): string | null => {
    if (exact === null) {
      const standIns = new StandIns();
      exact = { compiled: compileDocument(document, standIns), standIns };
    }
    const { compiled, standIns } = exact;
    const problem = judged(compiled, node, JSON.parse(standIns.replaced(text)), (words) => standIns.inWords(words));
    standIns.forget();
    return problem;
  };
  const problemAt = (node: SchemaNode, value: unknown) =>
    isExact ? exactProblemOf(node, stringifyExact(value) as string) : problemOf(node, value);
  if (isJudgedAsWhole(document)) assertCompiles(document, () => problemAt(document.root, null));
  return {
    validate: (value) => problemAt(document.root, value),
    validateText(text) {
      const value: unknown = JSON.parse(text);
      return isExact || hasLongNumeral(text) ? exactProblemOf(document.root, text) : problemOf(document.root, value);
    },
    isValidAt: (node, value) => problemAt(node, value) === null,
  };
}

/** @param meant  gives a text the numbers that stood in the value and the schema */
function judged(
  compiled: CompiledJudge,
  node: SchemaNode,
  value: unknown,
  meant = (words: string) => words,
): string | null {
  try {
    const error = compiled.problemOf(node, value);
    return error === null ? null : inWords(error, meant);
  } catch (error) {
    if (error instanceof EndlessReference) return "the value can't be checked: the schema refers to itself without end";
    if (error instanceof TooManySteps)
      return `the value can't be checked: the schema's references lead to more than ${MOST_STEPS} schemas`;
    if (error instanceof RangeError) return "the value can't be checked: the schema's references go too deep";
    throw error;
  }
}

function hasBigint(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "bigint";
  return Object.values(value).some(hasBigint);
}

interface CompiledJudge {
  /** null when the value is valid against the schema, else what is wrong with it. */
  problemOf(node: SchemaNode, value: unknown): ErrorObject | null;
}

/** @param standIns where numbers are more than doubles */
function compileDocument(document: SchemaDocument, standIns: StandIns | null): CompiledJudge {
  const ajv = emptyJudge();
  // what Ajv notes of evaluated members goes wrong beside an if with patternProperties (it throws), so only where it is asked for
  ajv.opts.unevaluated = asksForUnevaluated(document.root.schema);
  if (standIns !== null) addExactKeywords(ajv, standIns);
  const ready = (schema: unknown) => (standIns === null ? schema : standIns.ofSchema(withCounts(schema)));
  return isJudgedAsWhole(document) ? wholeJudge(document, ajv, ready) : new JudgedParts(document, ajv, ready);
}

const DEPENDENT: ReadonlySet<string> = new Set([...UNEVALUATED, "$dynamicRef"]);
/** Names of a schema that is judged as a whole from which on its function may be too deep to compile: for 20,000 Ajv even takes
 *  a minute to find that out. */
const LARGE_WHOLE = 300;
const MOST_OF_WHOLE = 5000;

/** Has a large schema fail now, and not at a job's first row. */
function assertCompiles({ root: { schema } }: SchemaDocument, compile: () => unknown): void {
  const count = countNames(schema);
  if (count <= LARGE_WHOLE) return;
  try {
    if (count > MOST_OF_WHOLE) throw new RangeError();
    compile();
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError || (error instanceof InputError && error.cause instanceof RangeError);
    if (!isTooLarge) throw error;
    const place = keywordPlaces(schema, DEPENDENT)[0];
    throw new InputError(
      "ROWMILL_INVALID_SCHEMA",
      `The output schema has ${place}, and with it is too large to be checked (${count} keywords and names): leave that out, or make the schema smaller.`,
    );
  }
}

function countNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, part) => sum + countNames(part), own);
}

/** The judge of a schema whose parts depend on each other: one function. */
function wholeJudge(document: SchemaDocument, ajv: Ajv2020, ready: (schema: unknown) => unknown): CompiledJudge {
  try {
    const { root, others } = judgedDocument(document, SCHEMA_KEY);
    const steps = countSteps(ajv);
    for (const [key, schema] of others) ajv.addSchema(ready(schema) as AnySchema, key);
    ajv.addSchema(ready(root) as AnySchema, SCHEMA_KEY).getSchema(SCHEMA_KEY);
    return {
      problemOf({ pointer }, value) {
        const fragment = pointer.slice(1).split("/").map(encodeURIComponent).join("/");
        const validate = ajv.getSchema(pointer === "#" ? SCHEMA_KEY : `${SCHEMA_KEY}#${fragment}`)!;
        steps.start();
        return validate(value) === true ? null : (validate.errors?.at(-1) ?? null);
      },
    };
  } catch (error) {
    throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema can't be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** A count beyond 2^53 is as good as none, and Ajv compares it with a number of its own. */
function withCounts(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withCounts);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      typeof value === "bigint" && COUNTS.test(key) ? Number.MAX_SAFE_INTEGER : withCounts(value),
    ]),
  );
}

const COUNTS = /^(?:min|max)(?:Length|Items|Contains|Properties)$/;

/** The keywords that compare sizes, of numbers that doubles stand for. */
function addExactKeywords(ajv: Ajv2020, standIns: StandIns): void {
  const add = (keyword: string, what: string, isRight: (value: Decimal, bound: Decimal) => boolean) => {
    ajv.removeKeyword(keyword);
    ajv.addKeyword({
      keyword,
      type: "number",
      schemaType: "number",
      validate: (bound: number, value: number) => isRight(standIns.exact(value), standIns.exact(bound)),
      error: { message: ({ schemaCode }) => str`must be ${what} ${schemaCode}` },
    });
  };
  add("minimum", ">=", (value, bound) => compareDecimals(value, bound) >= 0);
  add("maximum", "<=", (value, bound) => compareDecimals(value, bound) <= 0);
  add("exclusiveMinimum", ">", (value, bound) => compareDecimals(value, bound) > 0);
  add("exclusiveMaximum", "<", (value, bound) => compareDecimals(value, bound) < 0);
  add("multipleOf", "multiple of", isMultiple);
}

const require = createRequire(import.meta.url);

/** One of Ajv's own keywords, which it exports as CommonJS only. */
function applicator(name: string): CodeKeywordDefinition {
  return (require(`ajv/dist/vocabularies/applicator/${name}.js`) as { default: CodeKeywordDefinition }).default;
}

/** An Ajv that knows 2020-12 and beside it the tuples of the drafts before. */
function emptyJudge(): Ajv2020 {
  const ajv = new Ajv2020(OPTIONS);
  const tuple = applicator("items");
  const rest = applicator("items2020");
  ajv.removeKeyword("items");
  ajv.addKeyword({
    ...rest,
    schemaType: ["object", "array", "boolean"],
    code: (context) => (Array.isArray(context.schema) ? tuple.code(context) : rest.code(context)),
  });
  ajv.addKeyword(applicator("additionalItems"));
  ajv.removeKeyword("multipleOf");
  ajv.addKeyword({
    keyword: "multipleOf",
    type: "number",
    schemaType: "number",
    validate: (step: number, value: number) => isMultiple(value, step),
    error: { message: ({ schemaCode }) => str`must be multiple of ${schemaCode}` },
  });
  formatsPlugin.default(ajv, { formats: [...AJV_FORMATS], mode: "full" });
  for (const name of OWN_FORMATS) {
    ajv.addFormat(name, (value) => isStringIn([{ facet: { kind: "format", name }, isNegated: false }], value));
  }
  return ajv;
}

/** UTF-16 units of a list of allowed values, or of a member's name, in a message. */
const LONGEST_ALLOWED = 400;

function inWords(error: ErrorObject, meant: (words: string) => string): string {
  const place = error.instancePath === "" ? "the value" : error.instancePath;
  const allowed: unknown = error.params.allowedValues ?? error.params.additionalProperty;
  const which = allowed === undefined ? "" : ` (${cutMiddle(meant(stringifyExact(allowed) ?? ""), LONGEST_ALLOWED)})`;
  return messageLine(`${meant(`${place} ${error.message ?? "is not valid"}`)}${which}`);
}
