export { choicesGrammar } from "./choices.js";
export { emitGbnf, readGbnf } from "./gbnf/index.js";
export {
  type AddRule,
  chars,
  charsOf,
  choice,
  choiceOf,
  EMPTY,
  type GrammarIr,
  type IrNode,
  isNever,
  NEVER,
  optional,
  ref,
  repeat,
  seq,
  seqOf,
  text,
} from "./ir.js";
export { matchesGrammar } from "./matchesGrammar.js";
export { longestOutput, pruned } from "./measure.js";
export { MOST_READINGS, tooWideRule } from "./readings.js";
export { checkRegex, regexGrammar } from "./regexGrammar.js";
export { emitTables } from "./tables.js";
export { unionNode } from "./union.js";
