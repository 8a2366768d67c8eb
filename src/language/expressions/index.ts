export { type Pattern, parsePattern, UnsupportedPattern } from "./pattern.js";
export { isNullable, searchAutomaton, wholeAutomaton } from "./patternLanguage.js";
export { regularExpression, strictRegularExpression } from "./regularExpression.js";
