import { compileSchema, type SchemaReading } from "../../src/schema/index.js";
import { accepts } from "../grammar/grammarTexts.js";

/** Which of the texts the schema's grammar accepts. */
export function accepted(schema: unknown, texts: readonly string[], reading: SchemaReading = "intended"): string[] {
  const { ir } = compileSchema(schema, { reading });
  return texts.filter((text) => accepts(ir, text));
}

export const person = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["name"],
};
