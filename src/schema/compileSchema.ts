import { InputError } from "../errors.js";
import { readGiven } from "../given.js";
import { emitGbnf, emitTables, type GrammarIr } from "../grammar/index.js";
import type { JsonStyle } from "../jsonStyle.js";
import { annotation } from "./conditions/index.js";
import { inOneDialect, type KeywordMap, metaSchemaOf, openDocument } from "./document/index.js";
import { asPlainJson, hiddenSchema, jsonSchemaSide, unwrapSchema } from "./input/index.js";
import { judgeOf } from "./judging/index.js";
import { compileIr, type LabelField, type SchemaReading } from "./writing/index.js";

/** A schema made ready: what is stored, what is enforced while generating, and what judges the result. */
export interface CompiledSchema {
  /** The JSON Schema as plain JSON. */
  readonly jsonSchema: KeywordMap | boolean;
  readonly ir: GrammarIr;
  /** The grammar as GBNF text, root rule `root`; made at first use. */
  readonly gbnf: string;
  /** The grammar as the native automaton reads it (emitTables); made at first use. */
  readonly tables: Uint32Array;
  /** The property names in order, when every value is an object; else null. */
  readonly keys: string[] | null;
  /** Keywords that the grammar holds. */
  readonly enforced: string[];
  /** Conditions that the grammar does not hold, or not fully, and that only the check after generation decides, each with
   *  its place: "uniqueItems at #/properties/tags". */
  readonly checked: string[];
  /** What the schema says and nothing here does, to be told to the user after the words "the schema's": formats, and in the
   *  full reading keywords, that no standard defines; transforms of a zod schema. */
  readonly ignored: string[];
  /** What is to be told of the schema as a whole, each a line: that it was unwrapped, that it constrains nothing. */
  readonly notes: readonly string[];
  /** The fields that are one of a few scalars each, as findLabelFields tells them. */
  labelFields(): LabelField[];
  /** null when the value is valid, else what is wrong with it, in one line. */
  validate(value: unknown): string | null;
  /** The same of a JSON text, its numbers taken as they are written.
   *  @throws {SyntaxError} when it is none */
  validateText(text: string): string | null;
}

export interface CompileOptions {
  /** White space between tokens; default "spaced": `{"a": 1, "b": 2}`. */
  readonly style?: JsonStyle;
  /** What a schema leaves unsaid; default "intended". */
  readonly reading?: SchemaReading;
}

/** Compiles a JSON Schema (2020-12 or draft-07) or a zod 4 schema. Every text of the grammar is valid JSON that is valid
 *  against the schema; numbers have at most 15 digits before the point (integers up to 2^53 - 1 where a bound asks for them) and 17 after it.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA      not a schema
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD a keyword that can't be enforced, with its JSON pointer
 *  @throws {InputError} ROWMILL_UNSATISFIABLE_SCHEMA no value can be valid */
export function compileSchema(schema: unknown, options: CompileOptions = {}): CompiledSchema {
  try {
    const { plain, wrapper, hidden, changes } = readGivenSchema(schema);
    const notApplied = changes.map((change) => `${change} is not applied: results are what its parse takes`);
    const compiled = compilePlain(plain, options, notApplied);
    if (hidden !== null) {
      compiled.notes.push(`a schema stands in it at ${hidden}, which is not looked at`);
      // that says it of its keyword as well
      const place = compiled.ignored.indexOf(annotation("keyword", hidden.split("/")[1] ?? ""));
      if (place >= 0) compiled.ignored.splice(place, 1);
    }
    if (wrapper !== null) compiled.notes.unshift(`the schema was taken out of ${wrapper}`);
    return compiled;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Reads a schema as `compileSchema` does and compiles nothing.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA, ROWMILL_UNSUPPORTED_KEYWORD */
export function requireReadableSchema(schema: unknown): void {
  try {
    readGivenSchema(schema);
  } catch (error) {
    throw refusalOf(error);
  }
}

function readGivenSchema(schema: unknown) {
  return readGiven("the schema", () => readSchema(schema), "ROWMILL_INVALID_SCHEMA");
}

function readSchema(schema: unknown) {
  const { schema: bare, wrapper } = unwrapSchema(schema);
  const { schema: side, changes } = jsonSchemaSide(bare);
  const plain = asPlainJson(side);
  return { plain, wrapper, hidden: hiddenSchema(plain), changes };
}

function refusalOf(error: unknown): unknown {
  if (error instanceof RangeError || (error instanceof InputError && error.cause instanceof RangeError)) {
    return new InputError(
      "ROWMILL_INVALID_SCHEMA",
      "The output schema is too large to compile: it takes more steps within each other than there is room for.",
      { cause: error },
    );
  }
  return error;
}

function compilePlain(
  jsonSchema: KeywordMap | boolean,
  options: CompileOptions,
  notApplied: readonly string[],
): CompiledSchema & { readonly notes: string[] } {
  const document = openDocument(inOneDialect(jsonSchema), metaSchemaOf);
  const judge = judgeOf(document);
  const { ir, ...said } = compileIr(document, judge, options.style ?? "spaced", options.reading ?? "intended");
  let gbnf: string | null = null;
  let tables: Uint32Array | null = null;
  return {
    jsonSchema,
    ir,
    ...said,
    ignored: [...notApplied, ...said.ignored],
    notes:
      said.enforced.length === 0 && said.checked.length === 0
        ? ["the schema constrains nothing: every JSON value is valid"]
        : [],
    validate: judge.validate,
    validateText: judge.validateText,
    get gbnf() {
      gbnf ??= emitGbnf(ir);
      return gbnf;
    },
    get tables() {
      tables ??= emitTables(ir);
      return tables;
    },
  };
}
