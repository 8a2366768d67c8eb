export { readVocabularyFacts } from "./ggufVocabulary.js";
export { type TokenBytes, tokenBytesOf, type VocabularyFacts } from "./tokenBytes.js";
export {
  type GrammarOptions,
  type GrammarStats,
  openGrammar,
  openVocabulary,
  type TokenGrammar,
  type Tokenize,
  type TokenMatcher,
  type Vocabulary,
} from "./tokenGrammar.js";
