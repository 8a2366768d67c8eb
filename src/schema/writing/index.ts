export { compileIr } from "./compile.js";
export type { SchemaReading } from "./emission.js";
export type { LabelField } from "./labelFields.js";
