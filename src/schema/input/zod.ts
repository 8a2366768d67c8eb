import { toJSONSchema, type ZodType } from "zod";
import { InputError, messageOf } from "../../errors.js";
import { stepPointer } from "../document/index.js";
import { foreignSchema } from "./foreignSchema.js";
import { checkZodPart } from "./zodChecks.js";

/** A JSON Schema, and what the schema that it was made from does beyond it. */
export interface JsonSchemaSide {
  readonly schema: unknown;
  /** Changes of values, each to be continued with "is not …". */
  readonly changes: readonly string[];
}

/** The JSON Schema behind a zod 4 schema or a Standard Schema object that offers one; anything else as it is.
 *  The schema is taken on its input side: what the model writes is what `parse` will be given.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA      the schema has a type that JSON can't carry
 *  @throws {InputError} ROWMILL_UNSUPPORTED_KEYWORD it has a check that JSON Schema can't say, such as `refine` */
export function jsonSchemaSide(schema: unknown): JsonSchemaSide {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return { schema, changes: [] };
  try {
    if ("_zod" in schema) return zodSide(schema as unknown as ZodType);
    return { schema: "~standard" in schema ? standardJsonSchema(schema) : schema, changes: [] };
  } catch (error) {
    if (error instanceof InputError) throw error;
    const place = "_zod" in schema ? placeOfBigint(schema as unknown as ZodType) : null;
    if (place !== null) {
      throw new InputError(
        "ROWMILL_INVALID_SCHEMA",
        `The output schema asks for a bigint at ${place}, and JSON has none: use z.int(), or z.string().regex(/^-?\\d+$/) for integers beyond 2^53.`,
        { cause: error },
      );
    }
    throw new InputError(
      "ROWMILL_INVALID_SCHEMA",
      `The output schema can't be written as JSON Schema: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

function zodSide(schema: ZodType): JsonSchemaSide {
  const changes = new Set<string>();
  const override: NonNullable<Parameters<typeof toJSONSchema>[1]>["override"] = (part) => {
    const change = checkZodPart(part);
    if (change !== null) changes.add(change);
  };
  return { schema: toJSONSchema(schema, { io: "input", override }), changes: [...changes] };
}

/** Where a zod schema asks for a bigint, which JSON.parse never gives; null where it does not. */
function placeOfBigint(schema: ZodType): string | null {
  let place: string | null = null;
  try {
    toJSONSchema(schema, {
      io: "input",
      unrepresentable: "any",
      override: ({ zodSchema, path }) => {
        const { type, values } = zodSchema._zod.def as { readonly type: string; readonly values?: readonly unknown[] };
        const isBigint = type === "bigint" || (type === "literal" && values?.some((one) => typeof one === "bigint"));
        if (isBigint) place ??= path.reduce<string>(stepPointer, "#");
      },
    });
  } catch {
    // what can't be written for another reason is told by that
  }
  return place;
}

interface JsonSchemaDoor {
  readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => unknown };
}

function standardJsonSchema(schema: { readonly "~standard": unknown }): unknown {
  const input = (schema["~standard"] as JsonSchemaDoor | null)?.jsonSchema?.input;
  if (input !== undefined) return input({ target: "draft-2020-12" });
  throw foreignSchema(schema);
}
