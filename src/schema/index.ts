export { type CompiledSchema, compileSchema, requireReadableSchema } from "./compileSchema.js";
export { keywordPlaces } from "./document/index.js";
export { unusedAnnotations, withSchema } from "./schemaPrompt.js";
export { type UnpackedColumn, unpackedColumns } from "./unpackedColumns.js";
export type { LabelField, SchemaReading } from "./writing/index.js";
