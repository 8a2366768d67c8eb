export { isStandardFormat } from "./formats.js";
export {
  compileStrings,
  isStringIn,
  type StringContent,
  type StringFacet,
  type StringLiteral,
  UnsupportedString,
} from "./stringLanguage.js";
