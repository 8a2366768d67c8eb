import type { KeywordMap } from "./schemaNode.js";

export const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;
/** "number" stands for integers too. */
export type JsonType = (typeof TYPES)[number];

/** Whether a schema's own `type` allows values of a type, or it says nothing; of a constant alone, its own type. */
export function allowsType(schema: KeywordMap, type: JsonType): boolean {
  const { type: said } = schema;
  if (said === undefined) return !isConstantAlone(schema) || typeOfValue(schema.const) === type;
  if (said === type) return true;
  if (!Array.isArray(said)) return type === "number" && said === "integer";
  return said.includes(type) || (type === "number" && said.includes("integer"));
}

const BESIDE_CONSTANT: ReadonlySet<string> = new Set(["const", "title", "description", "$comment"]);

function isConstantAlone(schema: KeywordMap): boolean {
  if (schema.const === undefined) return false;
  for (const keyword of Object.keys(schema)) if (!BESIDE_CONSTANT.has(keyword)) return false;
  return true;
}

/** Whether a schema's own `type` allows integers and no other numbers. */
export function isIntegerOnly({ type }: KeywordMap): boolean {
  return Array.isArray(type) ? type.includes("integer") && !type.includes("number") : type === "integer";
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  if (typeof value === "bigint") return "number";
  return Array.isArray(value) ? "array" : (typeof value as JsonType);
}
