export { compareDecimals, type Decimal, decimalOf, decimalOfText, isMultiple, type Numeric } from "./decimal.js";
export {
  compileNumbers,
  isNumberIn,
  type NumberContent,
  type NumberLiteral,
  type NumberReading,
  UnsupportedNumber,
} from "./numberLanguage.js";
export { SYMBOLS } from "./numberShape.js";
