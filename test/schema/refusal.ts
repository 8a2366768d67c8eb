import { InputError } from "../../src/errors.js";
import { compileSchema } from "../../src/schema/index.js";

/** What the compiler says of a schema that it must refuse. */
export function refusal(schema: unknown): { code: string; message: string } {
  try {
    compileSchema(schema);
  } catch (error) {
    if (error instanceof InputError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("it was not refused");
}
