export {
  type Dfa,
  differenceOf,
  hasCodePoint,
  intersectionOf,
  longestWay,
  type Ranges,
  SCALARS,
  unionOf,
} from "./automata/index.js";
export {
  isNullable,
  type Pattern,
  parsePattern,
  regularExpression,
  strictRegularExpression,
  UnsupportedPattern,
  wholeAutomaton,
} from "./expressions/index.js";
export { withinLanguageBudget } from "./languageBudget.js";
export {
  compareDecimals,
  compileNumbers,
  type Decimal,
  decimalOf,
  decimalOfText,
  isMultiple,
  isNumberIn,
  type NumberContent,
  type NumberLiteral,
  type NumberReading,
  type Numeric,
  SYMBOLS,
  UnsupportedNumber,
} from "./numbers/index.js";
export {
  compileStrings,
  isStandardFormat,
  isStringIn,
  type StringContent,
  type StringFacet,
  type StringLiteral,
  UnsupportedString,
} from "./strings/index.js";
