export { requireReadableSchema } from "../schema/index.js";
export { type CompiledOutput, compileOutput } from "./compileOutput.js";
export { type OutputForm, outputFormOf } from "./form.js";
export { reportSchema, type SchemaReport } from "./schemaReport.js";
