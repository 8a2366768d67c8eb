export { hiddenSchema } from "./hiddenSchema.js";
export { asPlainJson } from "./plainJson.js";
export { unwrapSchema } from "./wrappers.js";
export { jsonSchemaSide } from "./zod.js";
