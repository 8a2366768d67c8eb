import { InputError, messageOf } from "../errors.js";
import { type SchemaDocument, type SchemaNode, stepPointer } from "./schemaNode.js";

/** Values that may look like schemas and are none. */
const DATA = new Set(["enum", "const", "default", "examples", "example"]);

/** Checks what a meta-schema can't: that each `pattern` is a regular expression and each `$ref` leads somewhere.
 *  @throws {InputError} ROWMILL_INVALID_SCHEMA or ROWMILL_UNSUPPORTED_KEYWORD, with the place */
export function assertWellFormed(document: SchemaDocument): void {
  const walk = (value: unknown, pointer: string) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      const place = stepPointer(pointer, key);
      if (key === "pattern" && typeof child === "string") assertExpression(child, place);
      if (key === "$ref" && typeof child === "string")
        document.resolve(child, { schema: value, pointer } as SchemaNode);
      if (!DATA.has(key)) walk(child, place);
    }
  };
  walk(document.root.schema, document.root.pointer);
}

function assertExpression(source: string, pointer: string): void {
  try {
    new RegExp(source, "u");
  } catch (error) {
    throw new InputError("ROWMILL_INVALID_SCHEMA", `The output schema's ${pointer}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
