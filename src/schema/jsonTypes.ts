import type { KeywordMap } from "./schemaNode.js";

export const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;
/** "number" stands for integers too. */
export type JsonType = (typeof TYPES)[number];

/** The types that a schema's own `type` allows; null when it says nothing. */
export function typesIn({ type }: KeywordMap): ReadonlySet<JsonType> | null {
  if (type === undefined) return null;
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return new Set(names.map((name) => (name === "integer" ? "number" : name) as JsonType));
}

/** Whether a schema's own `type` allows integers and no other numbers. */
export function isIntegerOnly({ type }: KeywordMap): boolean {
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return names.includes("integer") && !names.includes("number");
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : (typeof value as JsonType);
}
