export { readVocabularyFacts } from "./ggufVocabulary.js";
export { type TokenBytes, tokenBytesOf } from "./tokenBytes.js";
export { openGrammar, openVocabulary, type TokenGrammar, type TokenMatcher, type Vocabulary } from "./tokenGrammar.js";
