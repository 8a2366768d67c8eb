export { requireReadableSchema } from "../schema/index.js";
export { type CompiledOutput, compileOutput } from "./compileOutput.js";
export { type OutputForm, outputFormOf } from "./form.js";
export { DEFAULT_SCHEMA_IN_PROMPT } from "./schemaInPrompt.js";
export { reportSchema, type SchemaReport } from "./schemaReport.js";
