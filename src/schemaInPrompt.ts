/** What of a schema the model reads: nothing, what it says in words of its fields, or all of it. */
export const SCHEMA_IN_PROMPT = ["off", "descriptions", "full"] as const;
export type SchemaInPrompt = (typeof SCHEMA_IN_PROMPT)[number];
