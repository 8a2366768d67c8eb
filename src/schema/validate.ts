import { createRequire } from "node:module";
import {
  type AnySchema,
  type CodeKeywordDefinition,
  type ErrorObject,
  type Options,
  str,
  type ValidateFunction,
} from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsPlugin, { type FormatName } from "ajv-formats";
import { InputError, messageOf } from "../errors.js";
import { MAY_BE_LONG, stringifyExact } from "../exactNumbers.js";
import { oneLine } from "../foreignText.js";
import { compareDecimals, type Decimal, isMultiple } from "./decimal.js";
import { judgedDocument } from "./judgedDocument.js";
import { regularExpression } from "./regularExpression.js";
import type { SchemaDocument } from "./schemaDocument.js";
import { StandIns } from "./standIns.js";
import { isStringIn } from "./stringLanguage.js";
import { assertWellFormed } from "./wellFormed.js";

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
  /** Whether a value is valid against the sub-schema at a JSON pointer ("#/properties/a"). */
  isValidAt(pointer: string, value: unknown): boolean;
}

/** Checks that the document is a schema. Ajv compiles it only when the first value is judged, since that costs more than
 *  all the rest.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA */
export function judgeOf(document: SchemaDocument): Judge {
  assertWellFormed(document);
  let plain: CompiledJudge | null = null;
  let exact: (CompiledJudge & { readonly standIns: StandIns }) | null = null;
  const plainJudge = () => {
    plain ??= compileDocument(document, null);
    return plain;
  };
  const exactJudge = () => {
    if (exact === null) {
      const standIns = new StandIns();
      exact = { ...compileDocument(document, standIns), standIns };
    }
    return exact;
  };
  const isExact = hasBigint(document.root.schema);
  const validateExactly = (text: string): string | null => {
    const { validate, standIns } = exactJudge();
    const problem = judged(validate, JSON.parse(standIns.replaced(text)));
    const words = problem === null ? null : standIns.inWords(problem);
    standIns.forget();
    return words;
  };
  return {
    validate: (value) =>
      isExact ? validateExactly(stringifyExact(value) as string) : judged(plainJudge().validate, value),
    validateText(text) {
      const value: unknown = JSON.parse(text);
      return isExact || MAY_BE_LONG.test(text) ? validateExactly(text) : judged(plainJudge().validate, value);
    },
    isValidAt(pointer, value) {
      const fragment = pointer.slice(1).split("/").map(encodeURIComponent).join("/");
      const key = `${SCHEMA_KEY}#${fragment}`;
      if (!isExact) return plainJudge().ajv.getSchema(key)?.(value) === true;
      const { ajv, standIns } = exactJudge();
      const isValid = ajv.getSchema(key)?.(JSON.parse(standIns.replaced(stringifyExact(value) as string))) === true;
      standIns.forget();
      return isValid;
    },
  };
}

function judged(validate: ValidateFunction, value: unknown): string | null {
  try {
    return validate(value) === true ? null : firstProblem(validate.errors);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "the value can't be checked: the schema refers to itself without end";
  }
}

function hasBigint(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "bigint";
  return Object.values(value).some(hasBigint);
}

interface CompiledJudge {
  readonly ajv: Ajv2020;
  readonly validate: ValidateFunction;
}

/** @param standIns where numbers are more than doubles */
function compileDocument(document: SchemaDocument, standIns: StandIns | null): CompiledJudge {
  try {
    const ajv = emptyJudge();
    if (standIns !== null) addExactKeywords(ajv, standIns);
    const judgedSchemas = judgedDocument(document, SCHEMA_KEY);
    const ready = (schema: unknown) => (standIns === null ? schema : standIns.ofSchema(withCounts(schema)));
    const root = ready(judgedSchemas.root);
    const others = new Map([...judgedSchemas.others].map(([key, schema]) => [key, ready(schema)]));
    // what Ajv notes of evaluated members goes wrong beside an if with patternProperties (it throws), so only where it is asked for
    ajv.opts.unevaluated = asksForUnevaluated([root, ...others.values()]);
    for (const [key, schema] of others) ajv.addSchema(schema as AnySchema, key);
    return { ajv, validate: ajv.addSchema(root as AnySchema, SCHEMA_KEY).getSchema(SCHEMA_KEY)! };
  } catch (error) {
    throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema can't be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function asksForUnevaluated(schemas: readonly unknown[]): boolean {
  return /"unevaluated(?:Items|Properties)":/.test(stringifyExact(schemas) as string);
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

function firstProblem(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.at(-1) ?? errors?.[0];
  if (error === undefined) return "it is not valid";
  const place = error.instancePath === "" ? "the value" : error.instancePath;
  const allowed: unknown = error.params.allowedValues ?? error.params.additionalProperty;
  const which = allowed === undefined ? "" : ` (${stringifyExact(allowed)})`;
  return oneLine(`${place} ${error.message ?? "is not valid"}${which}`);
}
