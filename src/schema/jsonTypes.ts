import type { KeywordMap } from "./schemaNode.js";

export const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;
/** "number" stands for integers too. */
export type JsonType = (typeof TYPES)[number];

/** Whether a schema's own `type` allows values of a type, or it says nothing. */
export function allowsType({ type: said }: KeywordMap, type: JsonType): boolean {
  if (said === undefined || said === type) return true;
  const names: readonly unknown[] = Array.isArray(said) ? said : [said];
  return names.includes(type) || (type === "number" && names.includes("integer"));
}

/** Whether a schema's own `type` allows integers and no other numbers. */
export function isIntegerOnly({ type }: KeywordMap): boolean {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return names.includes("integer") && !names.includes("number");
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  if (typeof value === "bigint") return "number";
  return Array.isArray(value) ? "array" : (typeof value as JsonType);
}
