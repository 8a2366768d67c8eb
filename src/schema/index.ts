export { typesOfKeys } from "./columnTypes.js";
export { type CompiledSchema, compileSchema, requireReadableSchema } from "./compileSchema.js";
export { keywordPlaces } from "./document/index.js";
export { unusedAnnotations, withSchema } from "./schemaPrompt.js";
export type { LabelField, SchemaReading } from "./writing/index.js";
