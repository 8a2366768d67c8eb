export type {
  BatchJob,
  BatchPlan,
  Engine,
  EngineFailure,
  EngineMeter,
  EngineResult,
  EngineRow,
  EngineStatistics,
  FinishReason,
  JobGrammar,
  ModelFacts,
  Sampling,
} from "./engine.js";
export { type FrameTokens, tokenizeFrame } from "./frame.js";
export { ENGINES, type EngineChoice, type EngineName, likelyEngine, openEngine, openTokenizer } from "./open.js";
