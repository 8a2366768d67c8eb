import { Ajv, type AnySchema, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsPlugin, { type FormatName } from "ajv-formats";
import { InputError, messageOf } from "../errors.js";
import { inOneLine } from "./oneLine.js";
import { isKeywordMap, type KeywordMap, openDocument } from "./schemaNode.js";
import { assertWellFormed } from "./wellFormed.js";

/** The formats that the standard defines and Ajv knows; any other is an annotation. */
export const STANDARD_FORMATS: readonly FormatName[] = [
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

const OPTIONS: Options = { strict: false, logger: false, allErrors: false, validateFormats: true };
const SCHEMA_KEY = "urn:rowmill:schema";

/** The judge of a schema: Ajv, for the draft that the schema is written in. */
export interface Judge {
  /** null when valid, else what is wrong and where, in one line. */
  validate(value: unknown): string | null;
  /** Whether a value is valid against the sub-schema at a JSON pointer ("#/properties/a"). */
  isValidAt(pointer: string, value: unknown): boolean;
}

/** @throws {InputError} ROWMILL_INVALID_SCHEMA */
export function judgeOf(schema: boolean | KeywordMap): Judge {
  const ajv = ajvFor(schema);
  assertWellFormed(openDocument(schema));
  let validate: ValidateFunction;
  const local = withLocalId(schema);
  try {
    validate = ajv.addSchema(local as AnySchema, SCHEMA_KEY).getSchema(SCHEMA_KEY)!;
  } catch (error) {
    throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema can't be used: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return {
    validate: (value) => (validate(value) === true ? null : firstProblem(validate.errors)),
    isValidAt: (pointer, value) => {
      const fragment = pointer.slice(1).split("/").map(encodeURIComponent).join("/");
      return ajv.getSchema(`${SCHEMA_KEY}#${fragment}`)?.(value) === true;
    },
  };
}

type Draft = typeof Ajv | typeof Ajv2020;

/** One instance a draft for the whole process: compiling the meta-schema costs 30 ms, a check with it 0.2 ms. */
const metaCheckers = new Map<Draft, Ajv>();

function metaChecker(Draft: Draft): Ajv {
  let checker = metaCheckers.get(Draft);
  if (checker === undefined) {
    checker = withFormats(new Draft(OPTIONS));
    metaCheckers.set(Draft, checker);
  }
  return checker;
}

function withFormats(ajv: Ajv): Ajv {
  return formatsPlugin.default(ajv, { formats: [...STANDARD_FORMATS], mode: "full" });
}

function ajvFor(schema: boolean | KeywordMap): Ajv {
  const named = isKeywordMap(schema) && typeof schema.$schema === "string" ? schema.$schema : null;
  if (named !== null && !/draft-0[67]|2020-12|2019-09/.test(named)) {
    throw new InputError(
      "ROWMILL_INVALID_SCHEMA",
      `The output schema's $schema is "${named}": only 2020-12 and draft-07 are understood.`,
    );
  }
  const plain = (isKeywordMap(schema) ? { ...schema, $schema: undefined } : schema) as AnySchema;
  const drafts = named === null ? [Ajv2020, Ajv] : /draft-0[67]/.test(named) ? [Ajv] : [Ajv2020];
  let problem: string | null = null;
  for (const Draft of drafts) {
    const checker = metaChecker(Draft);
    // the schema is known to be one by then: a small instance of its own, without the meta-schema
    if (checker.validateSchema(plain) === true)
      return withFormats(new Draft({ ...OPTIONS, meta: false, validateSchema: false }));
    problem ??= unknownType(plain, checker.errors) ?? firstProblem(checker.errors);
  }
  throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema is no JSON Schema: ${problem}.`);
}

/** Gives the root an id of ours, so that its parts can be asked for by pointer, and shortens references to its own. */
function withLocalId(schema: boolean | KeywordMap): boolean | KeywordMap {
  if (!isKeywordMap(schema)) return schema;
  const { $schema: _, $id: id, ...rest } = schema;
  if (typeof id !== "string") return rest;
  const own = id.replace(/#$/, "");
  const shorten = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shorten);
    if (!isKeywordMap(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) =>
        key === "$ref" && typeof child === "string" && child.startsWith(own)
          ? [key, child.slice(own.length) || "#"]
          : [key, shorten(child)],
      ),
    );
  };
  return shorten(rest) as KeywordMap;
}

const TYPES: readonly unknown[] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/** The meta-schema says of a wrong type only that no alternative fits. */
function unknownType(schema: unknown, errors: readonly ErrorObject[] | null | undefined): string | null {
  const place = errors?.map((error) => /^.*\/type(?=$|\/\d+$)/.exec(error.instancePath)?.[0]).find(Boolean);
  if (place === undefined) return null;
  const steps = place.slice(1).split("/");
  // a property of that name, not the keyword
  if (/^(properties|patternProperties|\$defs|definitions|dependentSchemas)$/.test(steps.at(-2) ?? "")) return null;
  let found = schema;
  for (const step of steps) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof found === "object" && found !== null) found = (found as Readonly<Record<string, unknown>>)[key];
  }
  const wrong = [found].flat().find((type) => !TYPES.includes(type));
  if (wrong === undefined) return null;
  return inOneLine(`${place} is ${JSON.stringify(wrong)}: it must be one of ${TYPES.join(", ")}`);
}

function firstProblem(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.at(-1) ?? errors?.[0];
  if (error === undefined) return "it is not valid";
  const place = error.instancePath === "" ? "the value" : error.instancePath;
  const allowed: unknown = error.params.allowedValues ?? error.params.additionalProperty;
  const which = allowed === undefined ? "" : ` (${JSON.stringify(allowed)})`;
  return inOneLine(`${place} ${error.message ?? "is not valid"}${which}`);
}
