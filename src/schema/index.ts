export { checkRegex } from "../grammar/index.js";
export type { JsonStyle } from "../jsonStyle.js";
export { type CompiledSchema, compileSchema, requireReadableSchema } from "./compileSchema.js";
export { keywordPlaces } from "./document/index.js";
export { SCHEMA_IN_PROMPT, type SchemaInPrompt, unusedAnnotations, withSchema } from "./schemaPrompt.js";
export { type UnpackedColumn, unpackedColumns } from "./unpackedColumns.js";
export type { LabelField, SchemaReading } from "./writing/index.js";
