export type {
  BatchJob,
  BatchPlan,
  Engine,
  EngineFailure,
  EngineLabelField,
  EngineMeter,
  EngineResult,
  EngineRow,
  EngineStatistics,
  FinishReason,
  JobGrammar,
  ModelFacts,
  RowPull,
  Sampling,
  TokenLogprobs,
} from "./engine.js";
export { type FrameTokens, tokenizeFrame } from "./frame.js";
export {
  ENGINES,
  type EngineChoice,
  type EngineName,
  type LikelyEngine,
  type LoadedLlama,
  likelyEngine,
  openEngine,
  openTokenizer,
  tryModel,
} from "./open.js";
