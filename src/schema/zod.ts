import { toJSONSchema, type ZodType } from "zod";
import { InputError, messageOf } from "../errors.js";

/** The JSON Schema behind a zod 4 schema or a Standard Schema object that offers one; anything else as it is.
 *  The schema is taken on its input side: what the model writes is what `parse` will be given.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA when the schema has parts that JSON can't carry */
export function plainSchema(schema: unknown): unknown {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return schema;
  try {
    if ("_zod" in schema) return toJSONSchema(schema as unknown as ZodType, { io: "input" });
    return "~standard" in schema ? standardJsonSchema(schema["~standard"]) : schema;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      "ROWMILL_INVALID_SCHEMA",
      `The output schema can't be written as JSON Schema: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

interface JsonSchemaDoor {
  readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => unknown };
}

function standardJsonSchema(standard: unknown): unknown {
  const input = (standard as JsonSchemaDoor | null)?.jsonSchema?.input;
  if (input !== undefined) return input({ target: "draft-2020-12" });
  throw new InputError(
    "ROWMILL_INVALID_SCHEMA",
    "The output schema is a Standard Schema object that offers no JSON Schema: give a JSON Schema or a zod 4 schema.",
  );
}
