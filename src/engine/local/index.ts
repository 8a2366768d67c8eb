export type { BatchPlan, EngineFailure, EngineMeter, FinishReason, Sampling, TokenLogprobs } from "../engine.js";
export type { EngineName } from "../names.js";
export { RowTooLongError } from "./fitRow.js";
export { type FrameTokens, RowFrame, tokenizeFrame } from "./frame.js";
export { LocalEngine } from "./localEngine.js";
export {
  type LikelyEngine,
  type LoadedLlama,
  type LocalChoice,
  likelyEngine,
  openTokenEngine,
  openTokenizer,
  tryModel,
} from "./open.js";
export type {
  EngineStatistics,
  JobGrammar,
  LabelField,
  LoadOptions,
  ModelFacts,
  TokenEngine,
  Tokenizer,
  TokenJob,
  TokenPull,
  TokenResult,
  TokenRow,
} from "./tokenEngine.js";
export { type EngineTraits, engineTraits } from "./traits.js";
