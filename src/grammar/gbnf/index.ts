export { readGbnf } from "./reader.js";
export { emitGbnf } from "./writer.js";
