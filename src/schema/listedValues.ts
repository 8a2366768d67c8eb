import type { KeywordMap } from "./schemaNode.js";

const UNHEEDED = new Set(["title", "description", "default", "examples", "$comment"]);

/** Whether a scalar is one of the values that a schema lists, for a schema that says no more than that and a type; null
 *  where only the judge can tell. It spares compiling a validator for each plain enum. */
export function isListedScalar(schema: KeywordMap, value: unknown): boolean | null {
  for (const keyword of Object.keys(schema)) {
    if (keyword !== "enum" && keyword !== "const" && keyword !== "type" && !UNHEEDED.has(keyword)) return null;
  }
  if (typeof value === "object" && value !== null) return null;
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type ?? typeOf(value)];
  if (!types.includes(typeOf(value)) && !(types.includes("integer") && Number.isInteger(value))) return false;
  if (schema.const !== undefined && schema.const !== value) return false;
  return !Array.isArray(schema.enum) || schema.enum.includes(value);
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
